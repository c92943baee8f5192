#include "operator/kube/kubeconfig.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <openssl/evp.h>
#include <yaml-cpp/yaml.h>

namespace bootstrap::kube {
namespace {

// What is wrong, thrown within this file only: reading a document field by field reads best so.
struct Refused {
  std::string message;
};

// One mapping of the file, with its place in it for messages: "FILE: users[admin].user".
class Entry {
 public:
  Entry(YAML::Node node, std::string place) : node_(std::move(node)), place_(std::move(place)) {}

  [[noreturn]] void refuse(const std::string& field, const std::string& why) const {
    throw Refused{place_ + (field.empty() ? "" : "." + field) + ": " + why};
  }

  bool has(const std::string& field) const {
    const YAML::Node value = node_[field];
    return value.IsDefined() && !value.IsNull();
  }
  std::string text(const std::string& field) const {
    if (!has(field)) return {};
    const YAML::Node value = node_[field];
    if (!value.IsScalar()) refuse(field, "must be a text");
    return value.Scalar();
  }
  std::string required_text(const std::string& field) const {
    std::string value = text(field);
    if (value.empty()) refuse(field, "is missing");
    return value;
  }
  bool is_true(const std::string& field) const {
    const std::string value = text(field);
    return value == "true" || value == "True" || value == "TRUE";
  }

  // The `inner` mapping of the list entry called `name`, as in clusters[name].cluster.
  Entry named(const std::string& list, const std::string& name, const std::string& inner) const {
    const YAML::Node entries = node_[list];
    if (entries.IsDefined() && entries.IsSequence()) {
      for (const YAML::Node& entry : entries) {
        if (!entry.IsMap() || !entry["name"].IsScalar() || entry["name"].Scalar() != name) continue;
        const std::string place = place_ + ": " + list + "[" + name + "]." + inner;
        if (!entry[inner].IsMap()) throw Refused{place + ": is missing"};
        return Entry(entry[inner], place);
      }
    }
    throw Refused{place_ + ": " + list + ": there is none named \"" + name + "\""};
  }

 private:
  const YAML::Node node_;
  const std::string place_;
};

std::filesystem::path found_file(const KubeconfigOptions& options) {
  if (!options.path.empty()) return options.path;
  const std::string variable = options.environment("KUBECONFIG").value_or("");
  if (variable.find(':') != std::string::npos) {
    throw Refused{"KUBECONFIG names several files (" + variable +
                  "): name one, or merge them with `kubectl config view --flatten --merge > FILE`"};
  }
  if (!variable.empty()) return variable;
  const std::string home = options.environment("HOME").value_or("");
  if (home.empty()) throw Refused{"neither KUBECONFIG nor HOME is set: which kubeconfig?"};
  return std::filesystem::path(home) / ".kube" / "config";
}

std::string decoded(const Entry& entry, const std::string& field) {
  std::string text = entry.text(field);
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](unsigned char c) { return std::isspace(c) != 0; }),
             text.end());
  std::string out(text.size() / 4 * 3, '\0');
  const int size = text.size() % 4 != 0
                       ? -1
                       : EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                         reinterpret_cast<const unsigned char*>(text.data()),
                                         static_cast<int>(text.size()));
  if (size < 0) entry.refuse(field, "is not base64");
  const auto padding =
      std::count(text.end() - std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(), '=');
  out.resize(static_cast<std::size_t>(size - padding));
  return out;
}

using TextSource = std::function<std::string()>;

// A PEM given inline (FIELD-data) or as a file; a file is read again for each connection.
TextSource pem_source(const Entry& entry, const std::string& field,
                      const std::filesystem::path& dir, const char* marker) {
  const auto check = [&](const std::string& where, const std::string& text) {
    if (text.find(marker) == std::string::npos) {
      entry.refuse(where, std::string("holds no PEM (\"") + marker + "\")");
    }
  };
  const std::string data_field = field + "-data";
  if (!entry.text(data_field).empty()) {
    std::string text = decoded(entry, data_field);
    check(data_field, text);
    return [text = std::move(text)] { return text; };
  }
  const std::string name = entry.text(field);
  if (name.empty()) return nullptr;
  const auto text = read_credential_file(dir / name);
  if (!text) entry.refuse(field, text.error().message);
  check(field, *text);
  const auto file = std::make_shared<RereadFile>(dir / name);
  file->text();
  return [file] { return file->text(); };
}

std::string server_of(const Entry& cluster) {
  std::string server = cluster.required_text("server");
  if (server.rfind("https://", 0) != 0) {
    cluster.refuse("server", "must begin with https:// (it is \"" + server + "\")");
  }
  while (server.back() == '/') server.pop_back();
  return server;
}

TextSource authority_of(const Entry& cluster, const std::filesystem::path& dir) {
  if (cluster.is_true("insecure-skip-tls-verify")) {
    cluster.refuse("insecure-skip-tls-verify",
                   "is refused: anybody on the way could read the credentials. Remove it and give "
                   "the cluster's CA as certificate-authority-data");
  }
  for (const char* field : {"proxy-url", "tls-server-name"}) {
    if (!cluster.text(field).empty()) cluster.refuse(field, "is not supported");
  }
  auto authority = pem_source(cluster, "certificate-authority", dir, "BEGIN CERTIFICATE");
  if (authority) return authority;
  cluster.refuse("certificate-authority",
                 "is missing, and the system's CAs are not trusted. If a public CA has signed the "
                 "API server's certificate, name its file here, e.g. "
                 "/etc/ssl/certs/ca-certificates.crt");
}

void refuse_what_we_cannot(const Entry& user) {
  static const std::string kInstead =
      ". Use a context with a client certificate or a token instead, e.g. from `kubectl create "
      "token SERVICEACCOUNT` or `oc login`";
  if (user.has("exec")) {
    user.refuse("exec", "credential plugins are not run by this program" + kInstead);
  }
  if (user.has("auth-provider")) {
    user.refuse("auth-provider", "authentication providers are not supported" + kInstead);
  }
  if (user.has("username") || user.has("password")) {
    user.refuse(user.has("username") ? "username" : "password",
                "API servers no longer accept passwords" + kInstead);
  }
  for (const char* field : {"as", "as-uid", "as-groups", "as-user-extra"}) {
    if (user.has(field)) user.refuse(field, "impersonation is not supported");
  }
}

std::shared_ptr<TokenSource> tokens_of(const Entry& user, const std::filesystem::path& dir,
                                       const runtime::Clock& clock) {
  // As kubectl: the file wins, since it is what somebody keeps fresh.
  if (const std::string name = user.text("tokenFile"); !name.empty()) {
    const auto text = read_credential_file(dir / name);
    if (!text) user.refuse("tokenFile", text.error().message);
    return std::make_shared<FileToken>(dir / name, clock);
  }
  if (std::string token = user.text("token"); !token.empty()) {
    return std::make_shared<FixedToken>(std::move(token));
  }
  return nullptr;
}

ClusterAccess access_from(const std::filesystem::path& file, const std::string& wanted_context,
                          const runtime::Clock& clock) {
  const auto text = read_credential_file(file);
  if (!text) throw Refused{text.error().message};
  const YAML::Node document = YAML::Load(*text);
  if (!document.IsMap()) throw Refused{file.string() + ": is not a kubeconfig"};
  const Entry root(document, file.string());

  const std::string context_name =
      wanted_context.empty() ? root.text("current-context") : wanted_context;
  if (context_name.empty()) {
    throw Refused{file.string() + ": current-context: is not set: name a context"};
  }
  const Entry context = root.named("contexts", context_name, "context");
  const Entry cluster = root.named("clusters", context.required_text("cluster"), "cluster");
  const Entry user = root.named("users", context.required_text("user"), "user");
  const auto dir = std::filesystem::absolute(file).parent_path();

  ClusterAccess access;
  access.server = server_of(cluster);
  access.namespace_name = context.text("namespace");
  if (access.namespace_name.empty()) access.namespace_name = "default";
  const auto authority = authority_of(cluster, dir);
  refuse_what_we_cannot(user);
  const auto cert = pem_source(user, "client-certificate", dir, "BEGIN CERTIFICATE");
  const auto key = pem_source(user, "client-key", dir, "PRIVATE KEY");
  if (!cert != !key) {
    user.refuse(cert ? "client-key" : "client-certificate", "is missing: the two go together");
  }
  access.tokens = tokens_of(user, dir, clock);
  if (!cert && !access.tokens) {
    user.refuse("", "has neither a client certificate nor a token");
  }
  access.tls = [authority, cert, key] {
    return TlsMaterial{authority(), cert ? cert() : "", key ? key() : ""};
  };
  return access;
}

}  // namespace

AccessResult<ClusterAccess> load_kubeconfig(const KubeconfigOptions& options,
                                            const runtime::Clock& clock) {
  std::filesystem::path file;
  try {
    file = found_file(options);
    return access_from(file, options.context, clock);
  } catch (const Refused& refused) {
    return tl::unexpected(AccessError{refused.message});
  } catch (const std::exception& error) {  // YAML that is none
    return tl::unexpected(AccessError{file.string() + ": " + error.what()});
  }
}

}  // namespace bootstrap::kube
