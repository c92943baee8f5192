#pragma once
// A field of an object that anybody may have written: absent, or not of the type it should have, is
// the same as empty. For specs, where that is a mistake to be told, there is spec_reader.h.
//
// Pure functions; nothing throws. What is returned by reference lives as long as the object.

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "controllers/time.h"

namespace bootstrap {

// Null: it is not there, or `object` is none.
const nlohmann::json& field(const nlohmann::json& object, const char* key);
std::string text_field(const nlohmann::json& object, const char* key);
std::optional<TimePoint> time_field(const nlohmann::json& object, const char* key);

}  // namespace bootstrap
