/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_SESSION_PS_H
#define _VMSCOPE_SESSION_PS_H

#include <linux/vmscope_processes.h>

struct vmscope_session;

/**
 * struct vmscope_ps_sink - where processes go
 * @emit: takes one. May sleep; no lock is held. 0 or negative errno
 * @private: for @emit
 */
struct vmscope_ps_sink {
	int (*emit)(const struct vmscope_process *process, void *private);
	void *private;
};

int vmscope_session_ps(const struct vmscope_session *session,
		       struct vmscope_ps *ps,
		       const struct vmscope_ps_sink *sink);

#endif /* _VMSCOPE_SESSION_PS_H */
