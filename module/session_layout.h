/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VMSCOPE_SESSION_LAYOUT_H
#define _VMSCOPE_SESSION_LAYOUT_H

#include "scan_kernel.h"

struct vmscope_session;

int vmscope_session_kernel(const struct vmscope_session *session,
			   struct vmscope_kernel *kernel,
			   struct vmscope_scan_kernel *request);
int vmscope_session_borders(const struct vmscope_session *session,
			    struct vmscope_borders *borders);

#endif /* _VMSCOPE_SESSION_LAYOUT_H */
