// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include <trace/events/sched.h>

/* "exit: move and extend sched_process_exit() tracepoint", v6.16 */
void vmscope_probe(void (*probe)(void *unused, struct task_struct *task,
				 bool group_dead));

void vmscope_probe(void (*probe)(void *unused, struct task_struct *task,
				 bool group_dead))
{
	check_trace_callback_type_sched_process_exit(probe);
}
