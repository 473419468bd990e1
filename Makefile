# Chaperone: GNU make, pkg-config, no configure step.
#
#   make            build everything into build/
#   make check      install what is missing, build, run every test
#   make demo       a private Postfix with the milter on loopback
#   make help       the other targets
#
# Variables: PREFIX, DESTDIR, DEV=1 (warnings are errors), SAN=address,undefined
# or SAN=thread (into build/san-...), WITHOUT_VECTORSCAN=1 (slower with many
# rules, the same verdicts; into build/no-vectorscan), CC, CFLAGS.

PREFIX     ?= /usr
SYSCONFDIR ?= /etc
DATADIR     = $(PREFIX)/share/chaperone
LIBEXECDIR  = $(PREFIX)/libexec/chaperone
MANDIR      = $(PREFIX)/share/man
UNITDIR    ?= /lib/systemd/system

comma := ,
SAN   ?=
WITHOUT_VECTORSCAN ?=
BUILD ?= build$(if $(WITHOUT_VECTORSCAN),/no-vectorscan)$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))

# Debian's names; make deps is the one place that knows them.
DEPS_BUILD = gcc libc6-dev pkg-config libmilter-dev libvectorscan-dev libgmime-3.0-dev libglib2.0-dev \
    libpcre2-dev libyaml-dev libgumbo-dev libsqlite3-dev libcurl4-openssl-dev \
    libsodium-dev libjson-glib-dev liblinear-dev libmicrohttpd-dev libqrencode-dev tzdata \
    libpoppler-glib-dev libarchive-dev libxml2-dev libgexiv2-dev libseccomp-dev linux-libc-dev \
    libcairo2-dev libheif-dev libytnef0-dev libgsf-1-dev libtesseract-dev libleptonica-dev libzbar-dev tesseract-ocr-eng tesseract-ocr-spa
DEPS_TEST = libcmocka-dev clang libclang-rt-14-dev clang-format mandoc python3 \
    php-cli postfix opendkim openssl libsasl2-modules sasl2-bin sqlite3 procps python3-jsonschema python3-yaml m4 libwrap0 \
    zip p7zip-full qpdf libimage-exiftool-perl libreoffice-writer-nogui libreoffice-calc-nogui \
    libreoffice-impress-nogui python3-uno img2pdf poppler-utils qrencode zbar-tools python3-pil tesseract-ocr fonts-dejavu-core \
    libheif-examples chromium nodejs npm

PKGS = glib-2.0 gio-2.0 gmime-3.0 libpcre2-8 yaml-0.1 sqlite3 libcurl libsodium json-glib-1.0 $(if $(WITHOUT_VECTORSCAN),,libhs)
# Of chaperone-extract alone.
EXTRACT_PKGS = poppler-glib cairo libarchive libxml-2.0 gexiv2 libheif libytnef libgsf-1 libseccomp tesseract lept zbar

WARN = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
    -Wmissing-prototypes -Wwrite-strings -Wformat=2 -Wundef -Wvla \
    -Wswitch-enum -Wnull-dereference $(if $(DEV),-Werror)
HARDEN = $(if $(SAN),,-D_FORTIFY_SOURCE=3) -fstack-protector-strong -fPIE
OPT ?= -O2 -g

# pkg-config answers only once its package is there: asked when compiling.
once = $(eval $(1) := $(2))$($(1))
PKG_CFLAGS = $(call once,PKG_CFLAGS,$(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS))))
PKG_LIBS   = $(call once,PKG_LIBS,$(shell pkg-config --libs $(PKGS)) -lgumbo -lmilter -lm -pthread)
EXTRACT_CFLAGS = $(call once,EXTRACT_CFLAGS,$(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(EXTRACT_PKGS))))
EXTRACT_LIBS   = $(call once,EXTRACT_LIBS,-Wl$(comma)--as-needed \
    -Wl$(comma)--export-dynamic-symbol=de265_start_worker_threads $(shell pkg-config --libs $(EXTRACT_PKGS)))
ALL_CFLAGS = -std=gnu11 $(OPT) $(WARN) $(HARDEN) -fno-common -pthread \
    $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all) \
    $(if $(WITHOUT_VECTORSCAN),-DCH_NO_VECTORSCAN) -Iinclude -Isrc $(PKG_CFLAGS) -D_GNU_SOURCE \
    -DCH_DATADIR='"$(DATADIR)"' -DCH_LIBEXECDIR='"$(LIBEXECDIR)"' -DCH_SYSCONFDIR='"$(SYSCONFDIR)"' \
    -DG_LOG_DOMAIN='"chaperone"' -include chaperone/banned.h $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)

LIB_SRC := $(wildcard src/base/*.c src/core/*.c src/entity/*.c src/record/*.c src/sandbox/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
MILTER_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard src/milter/*.c))
CLI_OBJ    := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard src/cli/*.c))
EXTRACT_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard src/extract/*.c))
REVIEW_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard src/review/*.c))
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/%)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=build/fuzz/%)
# ThreadSanitizer does not see GLib's own locks.
MILTER_OBJ += $(if $(filter thread,$(SAN)),$(BUILD)/obj/tests/fault/glib_threads.o)
PROGRAMS := $(BUILD)/chaperone-milter $(BUILD)/chaperone-review $(BUILD)/chaperone $(BUILD)/chaperone-extract

MAKEFLAGS += --no-print-directory
# One short line a file; V=1 shows the commands.
Q = $(if $(V),,@)
say = $(if $(V),,@echo '  $(1)  $(2)')
# Postfix needs root to drop to its own user.
SUDO = $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: all deps deps-build check check-run demo install uninstall bench soak \
    corpus corpus-record learn learn-encoder lint format clean help unit unit-build fuzz-build e2e-build
.DEFAULT_GOAL := all

all: $(PROGRAMS)

help:
	@echo 'make [all] | deps | check | demo [ONCE=1] | install [DESTDIR= PREFIX=]'
	@echo 'make corpus | corpus-record | learn | learn-encoder'
	@echo 'make unit | bench | soak [MINUTES=10 TARGETS=rules] | lint | format | clean'
	@echo 'make soak: fuzzing, each call failing once, 220 kills, races, 100,000 messages'
	@echo 'make soak MINUTES=60 TARGETS=request: the HTTP layer of the review page alone, for an hour'

$(BUILD)/libchaperone.a: $(LIB_OBJ)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/chaperone-milter: $(MILTER_OBJ) $(BUILD)/libchaperone.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# The assembler reads these files by itself.
$(BUILD)/obj/src/review/assets.o: $(wildcard src/review/assets/*)

$(BUILD)/chaperone-review: $(REVIEW_OBJ) $(BUILD)/libchaperone.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lmicrohttpd -lqrencode

$(BUILD)/chaperone: $(CLI_OBJ) $(BUILD)/libchaperone.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -llinear

$(EXTRACT_OBJ): ALL_CFLAGS += $(EXTRACT_CFLAGS)
$(BUILD)/chaperone-extract: $(EXTRACT_OBJ) $(BUILD)/libchaperone.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(EXTRACT_LIBS) $(PKG_LIBS)

# A test may ask for more: "/* LDFLAGS: -Wl,--wrap=write */" on a line of its own, or
# "/* SOURCES: src/review/html.c */" for what is not in the library.
$(BUILD)/tests/test_%: tests/unit/test_%.c $(BUILD)/libchaperone.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -DCH_SOURCE_DIR='"$(CURDIR)"' -MMD -MP -MF $@.d -o $@ $< \
	    $(shell sed -n 's|^/\* SOURCES: \(.*\) \*/$$|\1|p' $<) \
	    $(BUILD)/libchaperone.a $(ALL_LDFLAGS) \
	    $(shell sed -n 's|^/\* LDFLAGS: \(.*\) \*/$$|\1|p' $<) $(PKG_LIBS) -lcmocka

# A reader that misbehaves as it is told, in the jail of the real one.
$(BUILD)/tests/rogue: tests/extract/rogue.c $(BUILD)/obj/src/extract/jail.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS) $(EXTRACT_LIBS) $(shell pkg-config --libs glib-2.0)
$(BUILD)/tests/test_pool: $(BUILD)/tests/rogue

unit-build: $(UNIT_BIN)
unit: $(UNIT_BIN)
	@tests/run.sh unit $(UNIT_BIN)

-include $(shell find $(BUILD) -name sendmail -prune -o -type f -name '*.d' -print 2>/dev/null)

# Preloaded into programs by the end-to-end tests; never sanitized.
$(BUILD)/%.so: tests/fault/%.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -std=gnu11 -O2 -g $(WARN) $(if $(SAN),-DCH_NO_MALLOC) -D_GNU_SOURCE -shared -fPIC -o $@ $<
e2e-build: all $(BUILD)/faulty.so $(BUILD)/hostname.so $(BUILD)/clock.so

# Fuzz targets are built by clang with objects of their own.
FUZZ_SAN = address,undefined
FUZZ_CC  = clang -std=gnu11 -O1 -g -fno-sanitize-recover=all -Iinclude -Isrc $(PKG_CFLAGS) \
    -D_GNU_SOURCE -pthread -DCH_SOURCE_DIR='"$(CURDIR)"' -DG_LOG_DOMAIN='"chaperone"' -include chaperone/banned.h
build/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) -MMD -MP -c $< -o $@
build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(LIB_SRC:%.c=build/fuzz/obj/%.o)
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SAN) -o $@ $^ $(FUZZ_LIBS) $(PKG_LIBS)
FUZZ_READER := $(patsubst %.c,build/fuzz/obj/%.o,$(filter-out src/extract/main.c src/extract/jail.c,$(wildcard src/extract/*.c)))
FUZZ_FORMATS := $(addprefix build/fuzz/fuzz_,ooxml odf archive xml sheet picture clean thumbnail enclosed rtf heic tnef cfb)
$(FUZZ_READER): FUZZ_CC += $(EXTRACT_CFLAGS)
$(FUZZ_FORMATS): FUZZ_LIBS = $(EXTRACT_LIBS)
$(FUZZ_FORMATS): $(FUZZ_READER)
fuzz-build: $(FUZZ_BIN)

$(BUILD)/bench_engine: tests/bench/bench_engine.c tests/bench/generate.c $(BUILD)/libchaperone.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS) $(PKG_LIBS)
# What the milter is measured with: an MTA's end of the protocol, and milters
# that do nothing, or parse and no more.
LOAD_SRC = tests/bench/load_mail.c tests/bench/load_session.c
$(BUILD)/milterload: tests/bench/milterload.c $(LOAD_SRC) tests/bench/load_mail.h tests/bench/load_session.h
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $(filter %.c,$^) $(ALL_LDFLAGS) $(PKG_LIBS)
$(BUILD)/floor_milter: tests/bench/floor_milter.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< $(ALL_LDFLAGS) $(PKG_LIBS)
$(BUILD)/bench_store: tests/bench/bench_store.c $(BUILD)/libchaperone.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS) $(PKG_LIBS)
BENCH = bench_engine bench_store milterload floor_milter chaperone-milter chaperone chaperone-extract chaperone-review
bench: $(BENCH:%=$(BUILD)/%)
	@$(SUDO) /usr/bin/python3 -B tests/bench/bench.py $(BUILD)
	@$(SUDO) python3 -B tests/bench/review.py $(BUILD)

deps: deps-build
	@tests/deps.sh $(DEPS_TEST)
deps-build:
	@tests/deps.sh $(DEPS_BUILD)

check: deps
	@$(MAKE) check-run DEV=1
check-run:
	@tests/check.sh

demo: deps
	@$(MAKE) -j"$$(nproc)" all
	@$(SUDO) python3 -B tests/e2e/demo.py $(if $(ONCE),--once)

soak:
	@$(MAKE) fuzz-build
	@tests/soak.sh $(or $(MINUTES),10) $(TARGETS)

corpus: $(BUILD)/chaperone
	@tests/corpus.sh show $<
corpus-record: $(BUILD)/chaperone
	@tests/corpus.sh record $<
# The weights of the classifier, anew from the posts to learn from.
learn: $(BUILD)/chaperone
	@/usr/bin/python3 -B tests/corpus/examples.py rules/*.yaml > $(BUILD)/examples.jsonl
	@$< rules learn -c tests/corpus/practice.yaml --output rules/posts.weights tests/corpus/dev/*.jsonl \
	    $(BUILD)/examples.jsonl

# The encoder goes on learning; with BEGIN=DIR, anew: docs/ENCODER.md.
learn-encoder: $(BUILD)/chaperone
	@/usr/bin/python3 -B tests/corpus/examples.py rules/*.yaml > $(BUILD)/examples.jsonl
	@$< rules passages -c tests/corpus/practice.yaml tests/corpus/dev/*.jsonl $(BUILD)/examples.jsonl \
	    > $(BUILD)/passages.jsonl
	@/usr/bin/python3 -B tools/encoder/train.py $(BUILD)/passages.jsonl \
	    $(if $(BEGIN),--begin '$(BEGIN)' --epochs 3,--go-on rules/posts.encoder --epochs 1) \
	    --words tools/encoder/spanish.tsv --output rules/posts.encoder \
	    --examples tests/samples/encoder/passages.txt

lint:
	@tests/lint.sh

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(DATADIR)/rules/lexicons $(DESTDIR)$(DATADIR)/rules/profiles \
	    $(DESTDIR)$(SYSCONFDIR)/chaperone/rules.d $(DESTDIR)$(UNITDIR) \
	    $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	install -m 755 $(BUILD)/chaperone-milter $(BUILD)/chaperone-review $(DESTDIR)$(PREFIX)/sbin/
	install -m 755 $(BUILD)/chaperone $(DESTDIR)$(PREFIX)/bin/
	install -D -m 755 $(BUILD)/chaperone-extract $(DESTDIR)$(LIBEXECDIR)/chaperone-extract
	install -m 644 rules/*.yaml rules/*.weights rules/*.encoder $(DESTDIR)$(DATADIR)/rules/
	install -m 644 rules/lexicons/*.txt $(DESTDIR)$(DATADIR)/rules/lexicons/
	install -m 644 rules/profiles/*.yaml $(DESTDIR)$(DATADIR)/rules/profiles/
	install -m 644 conf/gateways.yaml docs/rules.schema.json $(DESTDIR)$(DATADIR)/
	test -e $(DESTDIR)$(SYSCONFDIR)/chaperone/chaperone.yaml || \
	    install -m 644 conf/chaperone.yaml $(DESTDIR)$(SYSCONFDIR)/chaperone/
	for name in milter review; do sed 's|@SBINDIR@|$(PREFIX)/sbin|' conf/chaperone-$$name.service \
	    > $(DESTDIR)$(UNITDIR)/chaperone-$$name.service; done
	install -m 644 conf/chaperone.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/chaperone.conf
	install -m 644 conf/chaperone.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/chaperone.conf
	for page in docs/man/*.[1-8]; do s=$${page##*.}; install -d $(DESTDIR)$(MANDIR)/man$$s; \
	    install -m 644 $$page $(DESTDIR)$(MANDIR)/man$$s/; done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/chaperone-milter $(DESTDIR)$(PREFIX)/sbin/chaperone-review \
	    $(DESTDIR)$(PREFIX)/bin/chaperone $(DESTDIR)$(UNITDIR)/chaperone-milter.service \
	    $(DESTDIR)$(UNITDIR)/chaperone-review.service \
	    $(DESTDIR)$(PREFIX)/lib/sysusers.d/chaperone.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/chaperone.conf
	rm -rf $(DESTDIR)$(DATADIR) $(DESTDIR)$(LIBEXECDIR)
	for page in docs/man/*.[1-8]; do s=$${page##*.}; \
	    rm -f $(DESTDIR)$(MANDIR)/man$$s/$${page##*/}; done

clean:
	rm -rf build run
