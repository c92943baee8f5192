#pragma once
// The documents of a YAML or JSON file: what kubectl would send of them, and where in the file each
// value stands.
//
//   const Documents read = read_documents(text);
//   read.documents[0].value["spec"]["timeout"]               "30m"
//   read.documents[0].places.fields["spec"].fields["timeout"].at   line 7, column 3
//
// Scalars are typed as kubectl does (yaml_scalar.h). Aliases and merge keys (<<) are resolved.
// Documents are separated by lines of "---"; one that cannot be read is a Mistake, and the others
// are read all the same. A file that begins with "{" may have several JSON values, one behind the
// other. Empty documents are left out.
//
// Pure functions; nothing throws.

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace bootstrap::cli {

// Counted from 1; 0: not known. Columns are bytes.
struct Place {
  int line = 0;
  int column = 0;
  auto operator<=>(const Place&) const = default;
};

// Where a value and all it holds stand. Of what an alias brings in: where the anchor is.
struct Places {
  Place at;             // of the key, of an entry of a list the entry itself
  std::string written;  // of a scalar that is not a string: its text in the file
  std::map<std::string, Places, std::less<>> fields;
  std::vector<Places> items;
};

struct Document {
  nlohmann::json value;
  Places places;
};

// What makes a document unreadable, or one that means less than is written.
struct Mistake {
  Place at;
  std::string path;  // "spec.tools"; empty: of the document as a whole
  std::string message;
};

struct Documents {
  std::vector<Document> documents;
  std::vector<Mistake> mistakes;
};

Documents read_documents(std::string_view text);

}  // namespace bootstrap::cli
