#pragma once
// Names of objects that a definition mentions and that somebody else makes: ConfigMaps, Secrets,
// claims, ServiceAccounts, templates. One that cannot be would be waited for without end.
//
// Pure functions.

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "controllers/definition.h"

namespace bootstrap {

// A DNS subdomain (RFC 1123) of at most 253 characters.
bool is_object_name(std::string_view);

// Why nothing of this kind ("Secret") has this name. Empty: something may.
std::string name_problem(std::string_view kind, const std::string& name);

// Those in a part of a pod's spec, such as volumes or envFrom, that cannot be; `field` is the
// part's. Names with references are left out: they are refused as such.
Problems name_problems(const nlohmann::json& part, const std::string& field);

}  // namespace bootstrap
