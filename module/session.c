// SPDX-License-Identifier: GPL-2.0
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "access.h"
#include "feature.h"
#include "session.h"
#include "target.h"

/**
 * vmscope_session_admit() - give a target its address space, if that is allowed
 * @session: whose right counts
 * @target: a target without mm; gets it on success
 * @pid: out: its number
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_admit(const struct vmscope_session *session,
			  struct vmscope_target *target, __u64 *pid)
{
	const struct cred *opener = session->file->f_cred;
	int err;

	*pid = vmscope_target_nr(target);
	if (session->as_both && opener != current_cred()) {
		err = vmscope_access_mm(target, opener);
		if (err)
			return err;
		vmscope_target_put_mm(target);
	}
	return vmscope_access_mm(target,
				 session->as_opener ? opener : current_cred());
}

/**
 * vmscope_session_enter() - find a target, and hold its address space
 * @session: whose right counts
 * @flags: with VMSCOPE_F_PIDFD @id is a descriptor
 * @id: which process, as "Target" of the contract says
 * @target: out: pairs with vmscope_target_put(); nothing to put on error
 * @pid: out: its number
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_enter(const struct vmscope_session *session, u64 flags,
			  u64 id, struct vmscope_target *target, __u64 *pid)
{
	int err;

	err = vmscope_target_get(target, id, flags & VMSCOPE_F_PIDFD);
	if (err)
		return err;
	err = vmscope_session_admit(session, target, pid);
	if (err)
		vmscope_target_put(target);
	return err;
}

/**
 * vmscope_session_info() - what kernel, machine and opener allow
 * @session: whose
 * @info: out: all but the request's own fields
 * @features: out: &enum vmscope_feature_state by &enum vmscope_feature_id; or
 *	NULL. Asking makes a kernel in lockdown log that it refuses kernel
 *	memory
 */
void vmscope_session_info(const struct vmscope_session *session,
			  struct vmscope_info *info, u32 *features)
{
	vmscope_feature_machine(info);
	if (features)
		vmscope_feature_states(session->file, features);
	info->abi_version = VMSCOPE_ABI_VERSION;
	info->hold_entries = VMSCOPE_WALK_ENTRIES_MAX;
	info->hold_mappings = VMSCOPE_WALK_MAPPINGS_MAX;
	memset(info->module_version, 0, sizeof(info->module_version));
	strscpy(info->module_version, VMSCOPE_VERSION,
		sizeof(info->module_version));
}

/**
 * vmscope_session_summary() - VMSCOPE_IOC_SUMMARY
 * @session: whose
 * @summary: in and out, as struct vmscope_summary says
 * @kinds: out: the sums by kind
 * @folios: in: all 0; out: with VMSCOPE_F_FOLIO, what struct page tells; may be
 *	NULL without that
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_summary(const struct vmscope_session *session,
			    struct vmscope_summary *summary,
			    struct vmscope_sums kinds[VMSCOPE_KINDS],
			    struct vmscope_scan_folios *folios)
{
	struct vmscope_target target;
	int err;

	/* what was in the reply's fields is of no use */
	*summary = (struct vmscope_summary){
		.size = summary->size,
		.flags = summary->flags,
		.target = summary->target,
		.kinds = summary->kinds,
		.kinds_len = summary->kinds_len,
		.kinds_size = summary->kinds_size,
		.entries_max = summary->entries_max,
		.time_max = summary->time_max,
		.folio_kinds = summary->folio_kinds,
		.folio_kinds_size = summary->folio_kinds_size,
		.nodes = summary->nodes,
		.nodes_len = summary->nodes_len,
	};
	if (summary->flags &
	    ~(VMSCOPE_F_PIDFD | VMSCOPE_F_FOLIO | VMSCOPE_SUMMARY_F_COUNTERS))
		return -EINVAL;
	if (summary->flags & VMSCOPE_F_FOLIO &&
	    summary->flags & VMSCOPE_SUMMARY_F_COUNTERS)
		return -EINVAL;
	if (!(summary->flags & VMSCOPE_F_FOLIO)) {
		folios = NULL;
		if (summary->folio_kinds || summary->nodes)
			return -EINVAL;
	}
	err = vmscope_session_enter(session, summary->flags, summary->target,
				    &target, &summary->pid);
	if (err)
		return err;
	if (folios)
		folios->exact = vmscope_access_frames(session->file);
	err = vmscope_scan_summary(&target, summary, kinds, folios);
	vmscope_target_put(&target);
	return err;
}

/**
 * vmscope_session_row() - a summary of a target found before
 * @session: whose
 * @target: a target without mm
 * @summary: out
 * @kinds: out: the sums by kind
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_row(const struct vmscope_session *session,
			struct vmscope_target *target,
			struct vmscope_summary *summary,
			struct vmscope_sums kinds[VMSCOPE_KINDS])
{
	int err = vmscope_session_admit(session, target, &summary->pid);

	if (err)
		return err;
	err = vmscope_scan_summary(target, summary, kinds, NULL);
	vmscope_target_put_mm(target);
	return err;
}

/**
 * vmscope_session_maps() - VMSCOPE_IOC_MAPS
 * @session: whose
 * @maps: in and out, as struct vmscope_maps says, but for the arrays
 * @request: in: where mappings go; the rest is filled in here
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_maps(const struct vmscope_session *session,
			 struct vmscope_maps *maps,
			 struct vmscope_scan_maps *request)
{
	struct vmscope_target target;
	int err;

	if (maps->flags & ~(VMSCOPE_F_PIDFD | VMSCOPE_F_FOLIO |
			    VMSCOPE_MAPS_F_NO_SUMS) ||
	    (!(maps->flags & VMSCOPE_F_FOLIO) &&
	     (maps->folios || maps->nodes)) ||
	    (maps->flags & VMSCOPE_F_FOLIO &&
	     maps->flags & VMSCOPE_MAPS_F_NO_SUMS) ||
	    !vmscope_session_is_range(maps->start, maps->end) ||
	    !maps->maps_len)
		return -EINVAL;
	err = vmscope_session_enter(session, maps->flags, maps->target, &target,
				    &maps->pid);
	if (err)
		return err;
	request->cursor = maps->start;
	request->end = maps->end;
	request->maps_len = maps->maps_len;
	request->names_len = maps->names_len;
	request->with_names = maps->names;
	request->no_sums = maps->flags & VMSCOPE_MAPS_F_NO_SUMS;
	request->limit.entries = maps->entries_max;
	request->limit.ns = maps->time_max;
	request->with_folios = maps->flags & VMSCOPE_F_FOLIO;
	request->exact = request->with_folios &&
			 vmscope_access_frames(session->file);
	err = vmscope_scan_maps(&target, request);
	vmscope_target_put(&target);
	maps->cursor = request->cursor;
	maps->walk = request->report;
	return err;
}

#define PAGES_FLAGS                                                 \
	(VMSCOPE_F_PIDFD | VMSCOPE_F_FOLIO | VMSCOPE_PAGES_F_EACH | \
	 VMSCOPE_PAGES_F_FRAMES | VMSCOPE_PAGES_F_RAW)

/**
 * vmscope_session_pages() - VMSCOPE_IOC_PAGES
 * @session: whose
 * @pages: in and out, as struct vmscope_pages says, but for the array
 * @request: in: where ranges go; the rest is filled in here
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_pages(const struct vmscope_session *session,
			  struct vmscope_pages *pages,
			  struct vmscope_scan_pages *request)
{
	u64 asked = pages->all_of | pages->any_of | pages->none_of;
	u64 known = VMSCOPE_PAGES_ALL, told = VMSCOPE_PAGES_ALL;
	struct vmscope_target target;
	int err;

	if (pages->flags & VMSCOPE_F_FOLIO) {
		known |= VMSCOPE_PAGES_FOLIOS;
		told |= VMSCOPE_PAGES_FOLIO_ALL;
	}
	if (pages->flags & ~PAGES_FLAGS || asked & ~known ||
	    pages->returned & ~told ||
	    !vmscope_session_is_range(pages->start, pages->end) ||
	    !pages->pages_len)
		return -EINVAL;
	err = vmscope_session_enter(session, pages->flags, pages->target,
				    &target, &pages->pid);
	if (err)
		return err;
	request->cursor = pages->start;
	request->end = pages->end;
	request->flags = pages->flags;
	request->all_of = pages->all_of;
	request->any_of = pages->any_of;
	request->none_of = pages->none_of;
	request->returned = pages->returned;
	request->frames = vmscope_access_frames(session->file);
	request->pages_len = pages->pages_len;
	request->limit.entries = pages->entries_max;
	request->limit.ns = pages->time_max;
	err = vmscope_scan_pages(&target, request);
	vmscope_target_put(&target);
	pages->cursor = request->cursor;
	pages->reply_flags = request->frames ? 0 : VMSCOPE_REPLY_FRAMES_HIDDEN;
	pages->walk = request->report;
	return err;
}

/**
 * vmscope_session_translate() - VMSCOPE_IOC_TRANSLATE
 * @session: whose
 * @translate: in and out, as struct vmscope_translate says
 *
 * May sleep. Return: 0 or one of the ABI's errors.
 */
int vmscope_session_translate(const struct vmscope_session *session,
			      struct vmscope_translate *translate)
{
	bool frames = vmscope_access_frames(session->file);
	struct vmscope_target target;
	int err;

	*translate = (struct vmscope_translate){
		.size = translate->size,
		.flags = translate->flags,
		.target = translate->target,
		.address = translate->address,
	};
	if (translate->flags & ~VMSCOPE_F_PIDFD)
		return -EINVAL;
	err = vmscope_session_enter(session, translate->flags,
				    translate->target, &target,
				    &translate->pid);
	if (err)
		return err;
	if (vmscope_feature_is_kernel_half(translate->address))
		err = vmscope_access_kernel_half(session->file);
	if (!err)
		err = vmscope_scan_translate(&target, frames, translate);
	vmscope_target_put(&target);
	return err;
}
