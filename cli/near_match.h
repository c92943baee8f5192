#pragma once
// Which of the words that are known was meant by one that is not. Pure functions.

#include <string>
#include <string_view>
#include <vector>

namespace bootstrap::cli {

// Empty: none is near. Upper and lower case are the same here; two letters that have changed places
// are one slip.
std::string nearest(std::string_view written, const std::vector<std::string>& known);

}  // namespace bootstrap::cli
