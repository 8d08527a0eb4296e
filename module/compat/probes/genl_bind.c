// SPDX-License-Identifier: GPL-2.0
#include <net/genetlink.h>

/* "genetlink: Add per family bind/unbind callbacks", v6.9 */
const struct genl_family vmscope_probe = { .bind = NULL, .unbind = NULL };
