# Lethe. `make demo` and `make test` need Python 3.11 and nothing else; they set up the rest.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   ?= demo
# Tests wait for tools and disks for a quarter of their time: one more than there are processors.
# A file goes whole to one worker: what its tests share is made once.
JOBS   ?= $(shell expr `getconf _NPROCESSORS_ONLN` + 1)
ROOT   := $(shell id -u)

# What Qt needs to start, what the tests compare against. Only Debian and its kin have these names.
QT_PACKAGES   := libegl1 libgl1 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libglib2.0-0 fonts-noto-cjk
TEST_PACKAGES := openssl poppler-utils libarchive13 softhsm2 xfsprogs btrfs-progs e2fsprogs dosfstools ntfs-3g attr fuse3 age default-jre-headless libjaxb-java cryptsetup-bin tcplay gocryptfs restic borgbackup rclone duplicity p7zip-full swtpm tpm2-tools gnome-keyring dbus gnupg fscrypt openssh-client postgresql mariadb-server samba libodbc2 tdsodbc gcc gdb libc6-dev libglib2.0-bin git vim zip zstd zbar-tools sudo pkexec gcc-mingw-w64-x86-64-win32

export QT_QPA_PLATFORM ?= offscreen

.PHONY: demo test test-long check lint coverage package lock clean

demo: $(VENV)/ready
	@rm -rf $(DEMO)
	@# 3 is a finished job with exceptions: on some file systems Lethe can't say more than that.
	$(BIN)/lethe rehearse $(DEMO) || test $$? -eq 3

# Thousands of tests share disks, servers, agents and two processors. The few that fail beside the others are
# tried once more, alone, and what fails then has failed; both runs stand in full in what is printed.
test: $(VENV)/ready-dev system
	@rm -f .pytest_cache/v/cache/lastfailed
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --maxfail=50 || \
	{ test $$? -eq 1 && echo "Once more, alone:" && $(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }

# What `make test` leaves out: the same at every moment, where it tries some.
test-long: $(VENV)/ready-dev system
	$(BIN)/python -m pytest -n $(JOBS) -m long

check: lint test coverage

lint: $(VENV)/ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@# The same on the systems it is not run on; what follows a hand-over to them is unreachable there.
	$(BIN)/mypy --platform win32 --no-warn-unreachable --cache-dir .mypy_cache/win32
	$(BIN)/mypy --platform darwin --no-warn-unreachable --cache-dir .mypy_cache/darwin
	$(BIN)/lint-imports

# The rooms where a branch that was never run could cost somebody their data.
PERFECT := domain journal flow steps/wipe steps/shred
coverage: $(VENV)/ready-dev system
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n $(JOBS) --dist loadfile $(foreach room,$(PERFECT),$(wildcard tests/$(room)))
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report --fail-under=100 --include="app/domain/*,app/journal/*,app/flow/*,app/steps/wipe/*,app/steps/shred/*"

package: $(VENV)/ready-dev system
	$(BIN)/pyinstaller --noconfirm --log-level WARN build.spec
	dist/lethe/lethe self-test

# Two lists of exact versions: what Lethe needs, and that and what its builders need.
lock: $(VENV)/ready-dev
	$(BIN)/uv pip compile -q --universal --no-emit-index-url --no-header --no-emit-find-links --generate-hashes pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --no-emit-index-url --no-header --no-emit-find-links --generate-hashes pyproject.toml --group dev -o requirements-dev.lock

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { test $(ROOT) -eq 0 && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -qq -y python3-venv && $(PYTHON) -m venv $(VENV); } || { echo "Python 3.11 with venv is needed: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.lock
	@touch $@

# System libraries are installed where that is allowed, else named in one line.
system:
	@missing=""; for p in $(QT_PACKAGES) $(TEST_PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q "ok installed" || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ $(ROOT) -eq 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	else echo "The tests want these system packages: apt-get install$$missing"; fi
	@sh tests/steps/confirm/repositories/newer_restic.sh $(VENV)/opt/restic || echo "No newer restic to be had; its tests are skipped."
.PHONY: system

clean:
	rm -rf $(VENV) build dist $(DEMO) .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
