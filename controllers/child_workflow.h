#pragma once
// A child: the workflow that a `workflow` step runs, owned by the workflow of that step and
// labelled as its Jobs are. Its definition is that of a template.
//
// Pure functions.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "controllers/actions.h"
#include "controllers/object_meta.h"
#include "controllers/views.h"

namespace bootstrap {

// Templates of the workflows that a child runs below, outermost first; "" is one without template.
// Written on a child, so that it knows how deep it is whatever templates have become meanwhile.
using Ancestors = std::vector<std::string>;
std::string to_text(const Ancestors&);
Ancestors ancestors_from(std::string_view);

// The object to create.
nlohmann::json build_child(const ObjectMeta& parent, const CreateChild&);

// Made by a step, so that nobody starts it anew when it could not begin.
bool is_child(const ObjectMeta&);

// Nothing of it runs, and nothing will: it has ended, or could not begin, and no resume is about to
// take it up again.
bool is_over(const Workflow& child);

// Why the resume that it asks for was refused; null: it was not.
const Condition* refused_resume(const Workflow& child);

// What an object must be changed by (RFC 7386) to be steered so.
nlohmann::json steering_patch(const SteerChild&);

}  // namespace bootstrap
