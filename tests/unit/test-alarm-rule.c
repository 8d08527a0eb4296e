// SPDX-License-Identifier: GPL-2.0
/*
 * When an alarm is raised, and when it is clear again.
 */
#include "kernel.h"
#include "unit.h"

#include "../../module/alarm_rule.c"

static void eq(unsigned long long got, unsigned long long want)
{
	unit_ok(got == want, "%llu is %llu", got, want);
}

#define UNKNOWN VMSCOPE_ALARM_STATE_UNKNOWN
#define CLEAR	VMSCOPE_ALARM_STATE_CLEAR
#define RAISED	VMSCOPE_ALARM_STATE_RAISED

static void judged(void)
{
	static const struct {
		u32 before;
		u64 value;
		u32 after;
	} rows[] = {
		{ UNKNOWN, 0, CLEAR },	  { UNKNOWN, 100, CLEAR },
		{ UNKNOWN, 101, RAISED }, { CLEAR, 95, CLEAR },
		{ CLEAR, 100, CLEAR },	  { CLEAR, 101, RAISED },
		{ CLEAR, ~0ULL, RAISED }, { RAISED, 101, RAISED },
		{ RAISED, 100, RAISED },  { RAISED, 91, RAISED },
		{ RAISED, 90, CLEAR },	  { RAISED, 0, CLEAR },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		eq(vmscope_alarm_judge(rows[i].before, 100, 90, rows[i].value),
		   rows[i].after);
	eq(vmscope_alarm_judge(RAISED, 0, 0, 0), CLEAR);
	eq(vmscope_alarm_judge(CLEAR, 0, 0, 1), RAISED);
	eq(vmscope_alarm_judge(CLEAR, ~0ULL, 0, ~0ULL), CLEAR);
}

static void rates(void)
{
	eq(vmscope_alarm_rate(0, 0), 0);
	eq(vmscope_alarm_rate(1, 0), 1000000);
	eq(vmscope_alarm_rate(100, 1000000000), 100);
	eq(vmscope_alarm_rate(100, 2000000000), 50);
	eq(vmscope_alarm_rate(1, 3000000000), 0);
	eq(vmscope_alarm_rate(5, 100000000), 50);
	/* no overflow, and no jump where the formula changes */
	eq(vmscope_alarm_rate((1ULL << 44) - 1, 1000000000), (1ULL << 44) - 1);
	eq(vmscope_alarm_rate(1ULL << 44, 1000000000) / 1000000,
	   (1ULL << 44) / 1000000);
	eq(vmscope_alarm_rate(~0ULL, 1000000000) / 1000000, ~0ULL / 1000000);
}

static void kinds(void)
{
	eq(vmscope_alarm_is_rate(VMSCOPE_ALARM_WHAT_FAULTS), true);
	eq(vmscope_alarm_is_rate(VMSCOPE_ALARM_WHAT_MAJOR_FAULTS), true);
	eq(vmscope_alarm_is_rate(VMSCOPE_ALARM_WHAT_RESIDENT), false);
	eq(vmscope_alarm_is_rate(VMSCOPE_ALARM_WHAT_SWAPPED), false);
	eq(vmscope_alarm_is_rate(VMSCOPE_ALARM_WHAT_PAGE_TABLES), false);
}

int main(void)
{
	judged();
	rates();
	kinds();
	return unit_done();
}
