#!/bin/bash
# Breaks one rule after the other and expects the tests named for it to fail.
#
#   tests/mutations/run.sh                 all of them
#   tests/mutations/run.sh 04 09-status    those whose names begin so
#
# Works in a copy of the tree with a build folder of its own; the tree itself is never changed.
# MUTATIONS_DIR keeps copy and build for the next run (default: a temporary folder that is removed);
# JOBS is how much is compiled at once.
# Exit status: 0 when every mutation was caught; 1 when one survived, does not apply or does not
# compile, or when a named test fails without any mutation.
set -euo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
patches_dir=$source_dir/tests/mutations
jobs=${JOBS:-$(nproc)}
if [[ -n ${MUTATIONS_DIR:-} ]]; then
  mkdir -p "$MUTATIONS_DIR"
  work=$(cd "$MUTATIONS_DIR" && pwd)
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
copy=$work/tree build=$work/build log=$work/log
# What was compiled in another folder of the same content is taken from the cache.
export CCACHE_BASEDIR=$copy CCACHE_NOHASHDIR=1
# So that git apply works on the copy alone, wherever it lies.
export GIT_CEILING_DIRECTORIES=$work

die() {
  echo "mutations: $*" >&2
  [[ ! -s $log ]] || tail -n 40 "$log" >&2
  exit 1
}

# The value of "# key: value" in a patch.
header() { sed -n "s/^# $2: //p" "$1" | head -n 1; }

# As it is now, uncommitted changes included. Only what differs gets a new time, so that little is
# compiled anew.
copy_tree() {
  mkdir -p "$copy" "$work/new"
  git -C "$source_dir" ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do
      [[ ! -e $source_dir/$file ]] || printf '%s\0' "$file"
    done |
    tar -C "$source_dir" --null -T - -cf - | tar -C "$work/new" -xf -
  (cd "$copy" && find . -type f -print0) | while IFS= read -r -d '' file; do
    [[ -e $work/new/$file ]] || rm -f "$copy/$file"
  done
  (cd "$work/new" && find . -type f -print0) | while IFS= read -r -d '' file; do
    cmp -s "$work/new/$file" "$copy/$file" && continue
    mkdir -p "$(dirname "$copy/$file")"
    cp -p "$work/new/$file" "$copy/$file"
    touch "$copy/$file"
  done
  rm -rf "$work/new"
}

configure() {
  cmake -S "$copy" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 \
    >"$log" 2>&1 || die "cannot configure"
}

compile() { cmake --build "$build" --parallel "$jobs" --target "$@" >"$log" 2>&1; }

# Runs the tests of a regex; prints "<passed> <run>".
run_tests() {
  local output
  output=$(ctest --test-dir "$build" -R "^(${1//./\\.})\$" --timeout 60 2>&1) || true
  printf '%s\n' "$output" >"$log"
  local passed run
  passed=$(grep -c ' Passed ' <<<"$output" || true)
  run=$(grep -cE '^ *[0-9]+/[0-9]+ Test ' <<<"$output" || true)
  echo "$passed $run"
}

chosen() {
  local patch prefix
  for patch in "$patches_dir"/*.patch; do
    (($# > 0)) || { echo "$patch"; continue; }
    for prefix in "$@"; do
      [[ $(basename "$patch") != "$prefix"* ]] || { echo "$patch"; break; }
    done
  done
}

# Without any mutation every named test must exist and pass, or its failure would prove nothing.
check_without_mutation() {
  local patch expect targets=() all=() result
  for patch in "$@"; do
    for key in rule breaks expect-fail target; do
      [[ -n $(header "$patch" $key) ]] || die "$(basename "$patch") has no '# $key:'"
    done
    targets+=("$(header "$patch" target)")
    IFS='|' read -ra expect < <(header "$patch" expect-fail)
    all+=("${expect[@]}")
  done
  readarray -t targets < <(printf '%s\n' "${targets[@]}" | tr ' ' '\n' | sort -u)
  readarray -t all < <(printf '%s\n' "${all[@]}" | sort -u)
  compile "${targets[@]}" || die "the tree does not compile"
  result=$(run_tests "$(IFS='|'; echo "${all[*]}")")
  [[ $result == "${#all[@]} ${#all[@]}" ]] ||
    die "without a mutation ${#all[@]} tests must pass; passed and run: $result"
  printf 'without mutation: %s tests pass\n\n' "${#all[@]}"
}

# Prints what came of one mutation; the copy is as before afterwards.
judge() {
  local patch=$1 expect named result
  local -a targets
  expect=$(header "$patch" expect-fail)
  read -ra targets < <(header "$patch" target)
  IFS='|' read -ra named <<<"$expect"
  (cd "$copy" && git apply --recount "$patch") 2>"$log" || { echo "does not apply"; return; }
  if compile "${targets[@]}"; then
    result=$(run_tests "$expect")
    if [[ $result == "0 ${#named[@]}" ]]; then
      echo caught
    else
      echo "SURVIVED (of ${#named[@]} tests passed and run: $result)"
    fi
  else
    echo "does not compile"
  fi
  (cd "$copy" && git apply --recount -R "$patch") || die "$(basename "$patch") cannot be taken back"
}

main() {
  local -a patches
  readarray -t patches < <(chosen "$@")
  ((${#patches[@]} > 0)) || die "no such mutation"
  copy_tree
  configure
  check_without_mutation "${patches[@]}"
  local patch verdict bad=0
  for patch in "${patches[@]}"; do
    verdict=$(judge "$patch")
    printf '%-40s %s\n' "$(basename "$patch" .patch)" "$verdict"
    [[ $verdict == caught ]] && continue
    bad=$((bad + 1))
    printf '    rule %s: %s\n' "$(header "$patch" rule)" "$(header "$patch" breaks)"
    sed 's/^/    | /' "$log" | tail -n 15
  done
  printf '\n%d mutations, %d caught\n' "${#patches[@]}" $((${#patches[@]} - bad))
  ((bad == 0))
}

main "$@"
