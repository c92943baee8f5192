#pragma once
// Which value a scalar of a YAML file is, as kubectl reads it before anything reaches the API
// server: by YAML 1.1, in which yes, on and y are true, 010 is eight and 1_000 a thousand. YAML
// 1.2, and most libraries, see it otherwise; whoever types differently finds other mistakes than
// the API server does.
//
//   ""  ~  null                      null
//   y yes on true, n no off false    boolean (in lower case, upper case, or with a capital)
//   1  0x1F  010  0o17  0b11  1_000  whole number
//   1.5  .5  1e3                     number; a whole one when it has no fraction
//   2024-01-01  1:30  0x  1e999      string
//   .inf  .nan                       an error: JSON has no such numbers
//
// Pure functions.

#include <string>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

namespace bootstrap::cli {

// Of a scalar without quotes and without tag.
tl::expected<nlohmann::json, std::string> typed_plain(const std::string& text);

// `tag`: as yaml-cpp has it ("?": plain, "!": quoted or a block). Error: what is wrong, for people.
tl::expected<nlohmann::json, std::string> typed_scalar(const std::string& tag,
                                                       const std::string& text);

}  // namespace bootstrap::cli
