#pragma once
// References: $(params.x), $(workflow.name) in the texts of a definition.
//
// Only "$(params.", "$(steps." and "$(workflow." begin a reference. Everything else, "$(date)",
// "$(HOME)", "$$", belongs to the tool or to the kubelet and is left as it is. One pass: what a
// value brings in is never looked at again.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace bootstrap {

// The references in a text, without "$(" and ")": "params.region". An unclosed one ("$(params.x")
// is not a reference.
std::vector<std::string> references_in(std::string_view text);

// Answers a reference, "params.region" → "us-east-1"; empty when there is no such thing.
using Lookup = std::function<std::optional<std::string>(std::string_view reference)>;

enum class Quoting {
  Plain,   // the value as it is: image, notes, names
  Kubelet  // every '$' of a value doubled, and one before it: command, args and env, where the
           // kubelet would expand a value "$(AWS_SECRET_ACCESS_KEY)" into the secret
};

// The text with every reference replaced. Error: the first reference that `lookup` does not know.
tl::expected<std::string, std::string> substitute(std::string_view text, const Lookup& lookup,
                                                  Quoting quoting);

// `value` as it must be written where the kubelet expands "$(…)".
std::string quoted_for_kubelet(std::string_view value);

}  // namespace bootstrap
