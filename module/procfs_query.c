// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/vmscope/query: write "PID", "PID maps", "PID tables", "PID layout" or
 * "PID pages", the latter four with a range if wanted, and read the answer.
 *
 * A summary is made when it is asked for. A list may be long: it is made while it
 * is read, batch by batch, and the right to look is asked for each.
 */
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>
#include <linux/uaccess.h>

#include "procfs_query.h"
#include "procfs_report.h"
#include "session.h"
#include "target.h"

#define TEXT_MAX 96

/* ----------------------------------------------------------------- batches */

/* Fill the batch from the cursor on; what fails is one of the ABI's errors. */
static int fetch(struct vmscope_query *query, const struct file *file)
{
	const struct vmscope_session session = { file, .as_opener = true };
	u64 nr;
	int err;

	nr = pid_vnr(query->pid);
	if (!nr)
		return -ESRCH;
	query->first += query->count;
	query->below = query->next_below;
	query->count = 0;
	query->names_len = 0;
	err = query->list->fetch(query, &session, nr);
	/* if it lives, nobody else can have had its number */
	if (!err && !vmscope_target_is_alive(query->pid))
		err = -ESRCH;
	return err;
}

static void rewind_list(struct vmscope_query *query)
{
	query->cursor = query->start;
	query->first = 0;
	query->count = 0;
	query->below = query->start;
	query->next_below = query->start;
}

/*
 * Row @row of the list is made ready. Return: its number in the batch; -ENOENT
 * behind the last; one of the ABI's errors.
 */
static int find_row(struct vmscope_query *query, const struct file *file,
		    u64 row)
{
	int err = 0;

	if (row < query->first)
		rewind_list(query);
	while (!err && row >= query->first + query->count &&
	       query->cursor != query->end)
		err = fetch(query, file);
	if (err)
		return err;
	return row < query->first + query->count ? row - query->first : -ENOENT;
}

/* ------------------------------------------------------------------ reading */

/*
 * Position 0 is the heading, or the report; n row n - 1. What is given to the
 * show function is the position: rows are found by it again.
 */
static void *list_start(struct seq_file *m, loff_t *pos)
{
	struct vmscope_query *query = m->private;
	int row;

	if (!query->ready)
		return ERR_PTR(-ENODATA);
	if (!*pos)
		return SEQ_START_TOKEN;
	if (!query->list)
		return NULL;
	row = find_row(query, m->file, *pos - 1);
	if (row == -ENOENT)
		return NULL;
	if (row < 0)
		return ERR_PTR(row);
	query->row = row;
	return query;
}

static void *list_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return list_start(m, pos);
}

static void list_stop(struct seq_file *m, void *v)
{
}

static int list_show(struct seq_file *m, void *v)
{
	const struct vmscope_query *query = m->private;

	if (v != SEQ_START_TOKEN)
		query->list->show(m, query, query->row);
	else if (query->list)
		seq_puts(m, query->list->heading);
	else
		vmscope_report_show(m, &query->report);
	return 0;
}

static const struct seq_operations list_ops = {
	.start = list_start,
	.next = list_next,
	.stop = list_stop,
	.show = list_show,
};

/* ----------------------------------------------------------------- asking */

static struct vmscope_query *query_create(void)
{
	return kvzalloc(sizeof(struct vmscope_query), GFP_KERNEL_ACCOUNT);
}

static void query_destroy(struct vmscope_query *query)
{
	if (!query)
		return;
	put_pid(query->pid);
	kvfree(query);
}

/* "A-B", hexadecimal as in /proc/PID/maps; whole pages that have a byte of it. */
static int parse_range(char *text, struct vmscope_query *query)
{
	char *start = strsep(&text, "-");
	u64 a, b;

	if (!text || kstrtou64(start, 16, &a) || kstrtou64(text, 16, &b) ||
	    a >= b)
		return -EINVAL;
	query->start = a & PAGE_MASK;
	query->end = b > U64_MAX - PAGE_SIZE ? VMSCOPE_RANGE_END :
					       PAGE_ALIGN(b);
	return 0;
}

static char *next_word(char **text)
{
	char *word;

	do {
		word = strsep(text, " \t");
	} while (word && !*word);
	return word;
}

static int parse(char *text, u64 *id, struct vmscope_query *query)
{
	char *rest = strim(text), *word;
	int err;

	word = next_word(&rest);
	if (!word || kstrtou64(word, 10, id))
		return -EINVAL;
	query->start = 0;
	query->end = VMSCOPE_RANGE_END;
	word = next_word(&rest);
	if (!word)
		return 0;
	query->list = vmscope_query_list(word);
	if (!query->list)
		return -EINVAL;
	word = next_word(&rest);
	if (!word)
		return 0;
	err = parse_range(word, query);
	return err || !next_word(&rest) ? err : -EINVAL;
}

/* May it be looked at? The list itself is made when it is read. */
static int begin_list(const struct file *file, u64 id,
		      struct vmscope_query *query)
{
	const struct vmscope_session session = { file, .as_opener = true };
	struct vmscope_target target;
	__u64 nr;
	int err;

	err = vmscope_session_enter(&session, 0, id, &target, &nr);
	if (err)
		return err;
	query->pid = get_pid(target.pid);
	vmscope_target_put(&target);
	rewind_list(query);
	return 0;
}

static int query_open(struct inode *inode, struct file *file)
{
	struct vmscope_query *query = query_create();
	int err;

	if (!query)
		return -ENOMEM;
	err = seq_open(file, &list_ops);
	if (err)
		query_destroy(query);
	else
		((struct seq_file *)file->private_data)->private = query;
	return err;
}

static int query_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	query_destroy(m->private);
	return seq_release(inode, file);
}

static ssize_t query_write(struct file *file, const char __user *buffer,
			   size_t count, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	struct vmscope_query *query;
	char text[TEXT_MAX];
	u64 id;
	int err;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buffer, count))
		return -EFAULT;
	text[count] = '\0';

	query = query_create();
	if (!query)
		return -ENOMEM;
	err = parse(text, &id, query);
	if (err) {
		/* nothing was asked: what was asked before still counts */
		query_destroy(query);
		return err;
	}
	err = query->list ? begin_list(file, id, query) :
			    vmscope_report_gather(file, id, &query->report);

	/* what was asked last counts, and after an error there is nothing */
	mutex_lock(&m->lock);
	query->ready = !err;
	swap(m->private, *(void **)&query);
	mutex_unlock(&m->lock);
	query_destroy(query);
	if (err)
		return err;
	/* the reply is read from its start */
	*pos = 0;
	return count;
}

const struct proc_ops vmscope_query_ops = {
	.proc_open = query_open,
	.proc_read = seq_read,
	.proc_write = query_write,
	.proc_lseek = seq_lseek,
	.proc_release = query_release,
};
