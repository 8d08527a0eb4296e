# SPDX-License-Identifier: GPL-2.0
# The front door. What is built how stands in the Makefiles of the folders.
#
#   make                   module and tools
#   make module            the kernel module, for KERNELDIR
#   make tools             library, command and examples; no kernel headers
#   make check             every check and test there is (check-quick: the inner loop)
#   make tests             build the test programs
#   make docs              check the man pages
#   make install           module and tools; install-module, install-tools: one of them
#   make uninstall         tools and module
#   make clean
#
# Each of these can be given as VARIABLE=value:
#   KERNELDIR  the kernel's build folder      /lib/modules/$(uname -r)/build
#   PREFIX     where tools are installed      /usr/local
#   LIBDIR     where the library is           PREFIX/lib
#   MANDIR     where man pages are            PREFIX/share/man
#   DESTDIR    put in front of all of them    nothing
#   CC CFLAGS LDFLAGS                         compiler and flags of the tools
#   V=1        show the commands

KERNELDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
MANDIR ?= $(PREFIX)/share/man
export KERNELDIR PREFIX LIBDIR MANDIR DESTDIR V

.PHONY: all module tools tests docs check check-quick help clean \
	install install-module install-tools \
	uninstall uninstall-module uninstall-tools

all: module tools

module:
	$(MAKE) -C module

tools:
	$(MAKE) -C tools

tests:
	$(MAKE) -C tests

docs:
	mandoc -T lint -W warning Documentation/man/*.[134]

check:
	scripts/check

check-quick:
	scripts/check --quick

install: install-module install-tools

install-module: module
	$(MAKE) -C module install

install-tools:
	$(MAKE) -C tools install

uninstall: uninstall-tools uninstall-module

# The name of the folder of modules; Debian's 6.1 has another kernel.release.
release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KERNELDIR)/include/generated/utsrelease.h)

uninstall-module:
	test -n "$(release)" && rm -f $(DESTDIR)/lib/modules/$(release)/*/vmscope.ko*
	test -n "$(DESTDIR)" || depmod $(release)

uninstall-tools:
	$(MAKE) -C tools uninstall

clean:
	test ! -d $(KERNELDIR) || $(MAKE) -C module clean
	$(MAKE) -C tools clean
	$(MAKE) -C tests clean

help:
	@sed -n '2,/^$$/s/^# \?//p' Makefile
