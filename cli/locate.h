#pragma once
// From the path of a problem to its place in the file.
//
// The domain names entries of lists by their names ("phases[cluster].steps[create].args[0]"), as
// people do; the API server by their numbers. Both are understood. Shown are numbers, because a
// program can follow them.
//
// Pure functions.

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/document.h"

namespace bootstrap::cli {

struct Location {
  std::string path;         // with numbers as far as it exists, as it was given from there on
  Place at;                 // of the deepest value on the path that exists
  std::size_t missing = 0;  // bytes at the end of `path` that do not exist
  bool exists() const { return missing == 0; }
};

// What stands in the brackets of a path. A name, else a number: of several entries with the same
// name the first or last one is meant. Or a number alone, also when an entry has it as its name.
enum class Entry { FirstNamed, LastNamed, Numbered };

// `path` begins at the top of the document: "spec.phases[cluster]". Empty: the document itself.
Location locate(const Document&, std::string_view path, Entry = Entry::FirstNamed);

}  // namespace bootstrap::cli
