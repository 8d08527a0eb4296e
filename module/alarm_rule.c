// SPDX-License-Identifier: GPL-2.0
/*
 * Pure: built by the unit tests unchanged.
 */
#include "alarm.h"

/* Is the figure one that counts up, of which the speed is watched? */
bool vmscope_alarm_is_rate(u32 what)
{
	return what == VMSCOPE_ALARM_WHAT_FAULTS ||
	       what == VMSCOPE_ALARM_WHAT_MAJOR_FAULTS;
}

/**
 * vmscope_alarm_rate() - events in a second, rounded down
 * @count: how many there were
 * @ns: in how long; less than a microsecond counts as one
 */
u64 vmscope_alarm_rate(u64 count, u64 ns)
{
	u64 us = ns / 1000 ? ns / 1000 : 1;

	/* 2^44 faults are weeks of nothing else */
	if (count >> 44)
		return count / us * 1000000;
	return count * 1000000 / us;
}

/**
 * vmscope_alarm_judge() - where is the figure now?
 * @state: where it was, &enum vmscope_alarm_state
 * @threshold: above this it is raised
 * @rearm: raised before, it is clear at this or below
 * @value: the figure
 *
 * Between the two it stays what it was, so that a figure that trembles around
 * the threshold is told once.
 *
 * Return: VMSCOPE_ALARM_STATE_CLEAR or VMSCOPE_ALARM_STATE_RAISED.
 */
u32 vmscope_alarm_judge(u32 state, u64 threshold, u64 rearm, u64 value)
{
	if (value > threshold)
		return VMSCOPE_ALARM_STATE_RAISED;
	if (value <= rearm || state != VMSCOPE_ALARM_STATE_RAISED)
		return VMSCOPE_ALARM_STATE_CLEAR;
	return VMSCOPE_ALARM_STATE_RAISED;
}
