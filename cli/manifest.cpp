#include "cli/manifest.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

#include "cli/near_match.h"
#include "controllers/json_fields.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

constexpr std::string_view kGroup = "bootstrap.openshift.io";

bool is_of_our_group(const json& object) {
  const std::string version = text_field(object, "apiVersion");
  return version.substr(0, version.find('/')) == kGroup;
}

bool is_our_kind(const json& object) {
  return schema_of(text_field(object, "kind")) != nullptr;
}

std::string wrong_kind(const std::string& kind) {
  const std::string near = nearest(kind, {kWorkflowKind, kTemplateKind});
  return fmt::format("\"{}\" is no kind of {}; {}", kind, kApiVersion,
                     near.empty() ? fmt::format("there are {} and {}", kWorkflowKind, kTemplateKind)
                                  : fmt::format("did you mean {}?", near));
}

// What keeps an object from being one of ours, although it means to be.
void check_identity(const Manifest& manifest, Findings& findings) {
  const json& object = manifest.document.value;
  const auto find = [&](const char* path, std::string message) {
    const auto& fields = manifest.document.places.fields;
    const auto found = fields.find(std::string_view(path));
    const Place at = found == fields.end() ? manifest.document.places.at : found->second.at;
    findings.push_back({manifest.file, at.line, at.column, manifest.label(), path, message});
  };
  if (!is_our_kind(object)) return find("kind", wrong_kind(manifest.kind()));
  const std::string version = text_field(object, "apiVersion");
  if (version != kApiVersion)
    find("apiVersion", version.empty()
                           ? fmt::format("is needed: {}", kApiVersion)
                           : fmt::format("\"{}\" is not known; write {}", version, kApiVersion));
}

void add(const std::string& file, Document document, Manifests& all) {
  const json& object = document.value;
  if (!object.is_object()) return;
  const json& items = field(object, "items");
  if (text_field(object, "kind").ends_with("List") && items.is_array()) {
    std::vector<Places> places;
    const auto list = document.places.fields.find("items");
    if (list != document.places.fields.end()) places = std::move(list->second.items);
    places.resize(items.size(), document.places);
    for (std::size_t i = 0; i < items.size(); ++i) add(file, {items[i], std::move(places[i])}, all);
    return;
  }
  if (!is_our_kind(object) && !is_of_our_group(object)) {
    ++all.others;
    return;
  }
  Manifest manifest{file, std::move(document)};
  const std::size_t before = all.findings.size();
  check_identity(manifest, all.findings);
  if (all.findings.size() == before || is_our_kind(manifest.document.value))
    all.ours.push_back(std::move(manifest));
}

std::string reason_of_errno() {
  return std::generic_category().message(errno);
}

}  // namespace

tl::expected<NamedText, std::string> read_file(const std::string& name, std::istream& in) {
  using Iterator = std::istreambuf_iterator<char>;
  if (name == "-") return NamedText{"<stdin>", std::string(Iterator(in), {})};
  std::error_code ignored;
  if (std::filesystem::is_directory(name, ignored))
    return tl::unexpected(
        fmt::format("{0}: is a folder; name its files, such as {0}/*.yaml", name));
  errno = 0;
  std::ifstream file(name, std::ios::binary);
  if (!file) return tl::unexpected(fmt::format("{}: {}", name, reason_of_errno()));
  NamedText read{name, std::string(Iterator(file), {})};
  if (file.bad()) return tl::unexpected(fmt::format("{}: {}", name, reason_of_errno()));
  return read;
}

std::string Manifest::kind() const {
  return text_field(document.value, "kind");
}

std::string Manifest::name() const {
  return text_field(field(document.value, "metadata"), "name");
}

std::string Manifest::ns() const {
  return text_field(field(document.value, "metadata"), "namespace");
}

std::string Manifest::label() const {
  const std::string prefix = text_field(field(document.value, "metadata"), "generateName");
  return fmt::format("{}/{}", kind(), name().empty() && !prefix.empty() ? prefix + "*" : name());
}

const json& Manifest::spec() const {
  return field(document.value, "spec");
}

void add_manifests(const NamedText& source, Manifests& all) {
  Documents read = read_documents(source.text);
  for (Mistake& one : read.mistakes)
    all.findings.push_back(
        {source.file, one.at.line, one.at.column, "", std::move(one.path), std::move(one.message)});
  for (Document& document : read.documents) add(source.file, std::move(document), all);
}

const Manifest* find_template(const Manifests& all, const std::string& ns,
                              const std::string& name) {
  const Manifest* found = nullptr;
  for (const Manifest& one : all.ours) {
    if (one.kind() != kTemplateKind || one.name() != name) continue;
    if (one.ns() == ns) return &one;
    if (found == nullptr && (one.ns().empty() || ns.empty())) found = &one;
  }
  return found;
}

}  // namespace bootstrap::cli
