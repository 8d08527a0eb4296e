// SPDX-License-Identifier: GPL-2.0
/* VMSCOPE_F_FOLIO: wrong calls, each with its errno, and what is told without rights. */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pagelist.h"
#include "tap.h"

static int fd;

static void wrong_summary(void)
{
	struct vmscope_folio_sums kinds[VMSCOPE_KINDS];
	struct vmscope_summary s = { .size = sizeof(s) };
	const struct vmscope_summary clean = s;
	uint64_t nodes[2] = { 7, 7 };

	s.folio_kinds = (uintptr_t)kinds;
	s.folio_kinds_size = sizeof(kinds[0]);
	s.kinds_len = VMSCOPE_KINDS;
	tap_eq(req_call(fd, VMSCOPE_IOC_SUMMARY, &s), -EINVAL,
	       "SUMMARY: folio_kinds without the flag");
	s = clean;
	s.nodes = (uintptr_t)nodes;
	s.nodes_len = 2;
	tap_eq(req_call(fd, VMSCOPE_IOC_SUMMARY, &s), -EINVAL,
	       "SUMMARY: nodes without the flag");
	s.flags = VMSCOPE_F_FOLIO;
	s.nodes = 8;
	tap_eq(req_call(fd, VMSCOPE_IOC_SUMMARY, &s), -EFAULT,
	       "SUMMARY: nodes in no memory");
	s = clean;
	s.flags = VMSCOPE_F_FOLIO;
	s.folio_kinds = (uintptr_t)kinds;
	s.folio_kinds_size = sizeof(kinds[0]) - 8;
	s.kinds_len = VMSCOPE_KINDS;
	tap_eq(req_call(fd, VMSCOPE_IOC_SUMMARY, &s), -EINVAL,
	       "SUMMARY: an element that is too short");
	s = clean;
	tap_eq(req_call(fd, VMSCOPE_IOC_SUMMARY, &s), 0,
	       "SUMMARY: without the flag");
	for (size_t i = 0; i < VMSCOPE_FOLIO_KINDS; i++)
		nodes[0] += s.folio.kind_bytes[i] + s.folio.pss_shifted[i];
	tap_eq(nodes[0], 7, "SUMMARY: and tells nothing of it");
	s = clean;
	s.size = 408;
	s.flags = VMSCOPE_F_FOLIO;
	memset(&s.folio_kinds, 0x5a, 8);
	tap_eq(req_call(fd, VMSCOPE_IOC_SUMMARY, &s), 0,
	       "SUMMARY: a caller of the first version");
	tap_eq(s.folio_kinds, 0x5a5a5a5a5a5a5a5aULL,
	       "SUMMARY: whose memory behind the struct stays");
}

static void wrong_maps(void)
{
	struct vmscope_map map[4];
	struct vmscope_folio_sums folios[4];
	uint64_t nodes[8];
	const struct vmscope_maps clean = {
		.size = sizeof(clean),
		.flags = VMSCOPE_F_FOLIO,
		.end = VMSCOPE_RANGE_END,
		.maps = (uintptr_t)map,
		.maps_len = COUNT(map),
		.maps_size = sizeof(map[0]),
	};
	struct vmscope_maps m = clean;

	m.flags = 0;
	m.folios = (uintptr_t)folios;
	m.folios_size = sizeof(folios[0]);
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &m), -EINVAL,
	       "MAPS: folios without the flag");
	m = clean;
	m.folios = (uintptr_t)folios;
	m.folios_size = 8;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &m), -EINVAL,
	       "MAPS: an element that is too short");
	m.folios = 8;
	m.folios_size = sizeof(folios[0]);
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &m), -EFAULT,
	       "MAPS: folios in no memory");
	m = clean;
	m.nodes = (uintptr_t)nodes;
	m.nodes_len = 1025;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &m), -EINVAL,
	       "MAPS: a row of nodes that is too long");
	m.nodes_len = ~0ULL;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &m), -EINVAL,
	       "MAPS: one that is longer than everything");
	memset(nodes, 0x5a, sizeof(nodes));
	m.nodes_len = 2;
	tap_eq(req_call(fd, VMSCOPE_IOC_MAPS, &m), 0, "MAPS: rows of two");
	tap_ok(m.nodes_len >= 1 && m.nodes_len <= 1024,
	       "MAPS: there are %llu nodes", m.nodes_len);
	tap_ok(nodes[2 * (m.maps_len - 1)] < 1ULL << 40 &&
		       (m.nodes_len >= 2 || !nodes[1]),
	       "MAPS: and the rest of a row is 0");
}

static void wrong_pages(void)
{
	static struct vmscope_page page[8];
	struct vmscope_pages ask = pages_ask(0, 0), clean;
	unsigned int bad = 0;

	ask.pages = (uintptr_t)page;
	ask.pages_len = COUNT(page);
	ask.pages_size = sizeof(page[0]);
	clean = ask;
	for (unsigned int bit = VMSCOPE_PAGES_FOLIO_SHIFT; bit < 64; bit++)
		for (unsigned int m = 0; m < 4; m++) {
			ask = clean;
			(&ask.all_of)[m] |= 1ULL << bit;
			bad += req_call(fd, VMSCOPE_IOC_PAGES, &ask) != -EINVAL;
		}
	tap_eq(bad, 0, "PAGES: masks of folios without the flag");
	clean.flags |= VMSCOPE_F_FOLIO;
	for (unsigned int bit = VMSCOPE_PAGES_FOLIO_SHIFT; bit < 64; bit++)
		for (unsigned int m = 0; m < 4; m++) {
			uint64_t known = m < 3 ? VMSCOPE_PAGES_FOLIOS :
						 VMSCOPE_PAGES_FOLIO_ALL;

			ask = clean;
			(&ask.all_of)[m] |= 1ULL << bit;
			bad += req_call(fd, VMSCOPE_IOC_PAGES, &ask) !=
			       (known >> bit & 1 ? 0 : -EINVAL);
		}
	tap_eq(bad, 0,
	       "PAGES: with it those that choose, and three that only tell");
	ask = clean;
	ask.pages_size = 80;
	tap_eq(req_call(fd, VMSCOPE_IOC_PAGES, &ask), 0,
	       "PAGES: elements of the first version");
}

/* Who may not see frames is not told exactly how often pages are mapped. */
static void unprivileged(void)
{
	static struct vmscope_page page[64];
	struct vmscope_summary s = { .size = sizeof(s),
				     .flags = VMSCOPE_F_FOLIO };
	struct vmscope_pages ask = pages_ask(0, VMSCOPE_F_FOLIO);
	unsigned int known = 0, counted = 0, parts = 0;

	if (setresuid(65534, 65534, 65534) || prctl(PR_SET_DUMPABLE, 1))
		_exit(100);
	ask.pages = (uintptr_t)page;
	ask.pages_len = COUNT(page);
	ask.pages_size = sizeof(page[0]);
	ask.returned = VMSCOPE_PAGES_ALL | VMSCOPE_PAGES_FOLIO_ALL;
	if (req_call(fd, VMSCOPE_IOC_PAGES, &ask) ||
	    req_call(fd, VMSCOPE_IOC_SUMMARY, &s))
		_exit(101);
	for (size_t i = 0; i < ask.pages_len; i++) {
		known += !!(page[i].folio &
			    (VMSCOPE_FOLIO_ONCE | VMSCOPE_FOLIO_SHARED));
		counted += !!page[i].folio_mapcount;
	}
	for (size_t i = 0; i < VMSCOPE_FOLIO_KINDS; i++)
		parts += s.folio.pss_shifted[i] &
					 ((1024ULL << VMSCOPE_PSS_SHIFT) - 1) ?
				 1 :
				 0;
	_exit(known && !counted && !parts && s.folio.private_bytes ? 0 : 1);
}

static void rights(void)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		unprivileged();
	waitpid(pid, &status, 0);
	tap_ok(WIFEXITED(status) && !WEXITSTATUS(status),
	       "without rights: once or shared is told, how often is not (%d)",
	       WEXITSTATUS(status));
}

int main(void)
{
	fd = req_open();
	wrong_summary();
	wrong_maps();
	wrong_pages();
	rights();
	return tap_done();
}
