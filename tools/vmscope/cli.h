/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the CLI share. A subcommand is one file with one struct
 * command, and one line in the table of main.c.
 */
#ifndef _VMSCOPE_CLI_H
#define _VMSCOPE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <vmscope.h>

#include "trace-options.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Exit status. */
#define CLI_OK	    0
#define CLI_FAILURE 1
#define CLI_USAGE   2
#define CLI_PARTIAL 3 /* a budget was used up */

struct cli;
struct column;
struct column_choice;

/**
 * struct option_def - an option, as parser and help need it
 * @letter: short form, or 0
 * @name: long form without the dashes
 * @arg: what its argument is called, or NULL if it has none
 * @text: one line of help
 * @set: take the option in; CLI_OK or CLI_USAGE, then with a message printed
 */
struct option_def {
	char letter;
	const char *name;
	const char *arg;
	const char *text;
	int (*set)(struct cli *cli, const char *arg);
};

/**
 * struct command - a subcommand
 * @name: the word for it
 * @operands: what follows the options in the usage line
 * @text: one line of help
 * @details: further lines of help, each with a newline; or NULL
 * @has_target: it takes a process: -p PID, or as the first operand
 * @traces: it takes the options of trace-options.h, and operands that are a
 *	command to start
 * @target_is_optional: the process itself, where none is named
 * @min_operands: fewest operands, the process not counted
 * @max_operands: most operands, the process not counted; -1 for any number
 * @options: options of its own, beside those that all commands have
 * @options_len: number of them
 * @columns: columns of its table, for help; ends with a NULL name; or NULL
 * @scans: the request that it looks at a process with, VMSCOPE_IOC_*: it has
 *	--estimate and --budget then; or 0
 * @offline: it can do without the device, and calls cli_device_open() itself
 * @check: look at the operands before anything else happens; or NULL
 * @run: do it; returns the exit status. Device and target are ready
 */
struct command {
	const char *name;
	const char *operands;
	const char *text;
	const char *details;
	bool has_target;
	bool target_is_optional;
	bool traces;
	int min_operands;
	int max_operands;
	const struct option_def *options;
	size_t options_len;
	const struct column *columns;
	unsigned long scans;
	bool offline;
	int (*check)(const struct cli *cli);
	int (*run)(struct cli *cli);
};

extern const struct command info_command;
extern const struct command show_command;
extern const struct command maps_command;
extern const struct command pages_command;
extern const struct command tables_command;
extern const struct command ps_command;
extern const struct command translate_command;
extern const struct command snapshot_command;
extern const struct command diff_command;
extern const struct command stat_command;
extern const struct command trace_command;
extern const struct command hist_command;
extern const struct command record_command;
extern const struct command report_command;

/* trace-options.c: of commands about page faults */
extern const struct option_def trace_options[];
extern const size_t trace_options_len;
extern const struct command layout_command;
extern const struct command watch_command;

enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };

/* One run of the program. */
struct cli {
	const struct command *command;

	/* options */
	bool help;
	bool json;
	bool bytes;
	bool headings;
	bool sums;
	enum cli_color color_when;
	const char *pid;
	struct column_choice *columns; /* by -o; NULL without it */
	uint64_t range_start;
	uint64_t range_end;
	struct vmscope_pages_masks masks; /* by --where */
	uint64_t pages_flags; /* VMSCOPE_PAGES_F_* */
	bool layout_user; /* only that half */
	bool layout_kernel; /* only that half */
	bool layout_runs;
	bool layout_root; /* the top table of user mode */
	struct trace_options trace; /* of commands about page faults */
	bool folio;
	uint64_t top; /* by --top; 0 without it */
	const char *output; /* by -o of snapshot */
	bool all;
	bool estimate;
	uint64_t budget_entries;
	uint64_t budget_ns;

	/* operands, the process not counted */
	int operands_len;
	char **operands;

	/* ready when the command runs */
	bool color;
	struct vmscope *handle;
	struct vmscope_target target;
};

/* main.c: CLI_OK, or CLI_FAILURE with a message printed */
int cli_device_open(struct cli *cli);

/* options.c */
int cli_parse(struct cli *cli, int argc, char **argv);
void cli_help(FILE *stream, const struct command *command);
int cli_number_parse(const char *text, uint64_t *ret);

/* Options that several commands have, but not all. */
int cli_set_range(struct cli *cli, const char *arg);
int cli_set_no_sums(struct cli *cli, const char *arg);

/* Round the range to whole pages; CLI_OK, or else with a message printed. */
int cli_range_round(struct cli *cli);

/*
 * info.c: ask what the machine is like; CLI_OK, or CLI_FAILURE with a message
 * printed. @features may be NULL.
 */
int cli_info_get(struct cli *cli, struct vmscope_info *info, uint32_t *features,
		 size_t features_len);

/* budget.c */
extern const struct option_def budget_options[];
extern const size_t budget_options_len;
void cli_budget_set(struct cli *cli);
int cli_budget_end(struct cli *cli);
int cli_estimate(struct cli *cli);

/* target.c */
int cli_target_find(struct cli *cli, const char *text);

/* error.c: all return the exit status that fits */
int cli_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));
int cli_usage(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int cli_request_failure(const struct cli *cli, int error,
			unsigned long request);
void cli_no_memory(void) __attribute__((noreturn));

#endif /* _VMSCOPE_CLI_H */
