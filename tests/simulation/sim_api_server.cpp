#include "tests/simulation/sim_api_server.h"

#include <algorithm>

#include "tests/simulation/listing.h"
#include "tests/simulation/request_target.h"

namespace bootstrap::simulation {
namespace {

using kube::Method;
using kube::Request;
using kube::Response;

Response success(int code, const Json& body) {
  return Response{.status = code, .body = body.dump(), .retry_after = {}};
}

Response answer(int code, const Answer<Object>& result) {
  return result ? success(code, **result) : refusal(result.error());
}

Response page_not_found() {
  return Response{.status = 404, .body = "404 page not found\n", .retry_after = {}};
}

}  // namespace

SimApiServer::SimApiServer(Scheduler& scheduler, Random random, WatchSettings settings)
    : random_(random),
      store_(scheduler.clock()),
      verbs_(store_, scheduler.clock(), random_.fork()),
      watches_(store_, scheduler, random_.fork(), settings) {}

Response SimApiServer::handle(const Request& request, Sender sender) {
  sender_ = sender;
  Response response = handle_now(request);
  sender_ = {};
  return response;
}

Response SimApiServer::handle_now(const Request& request) {
  const auto target = parse_target(request.target);
  if (!target) return refusal(refusals::bad_request("invalid URL escape"));
  const ResourceType* type = store_.type(target->group, target->version, target->plural);
  if (type == nullptr) return outside_resources(*target, request);
  if (request.method == Method::Get) return read(*type, *target);
  return write(*type, *target, request);
}

Response SimApiServer::read(const ResourceType& type, const RequestTarget& target) {
  if (target.name.empty()) return list(type, target);
  const Object object = store_.find(type, {target.ns, target.name});
  if (!object) return refusal(refusals::not_found(type, target.name));
  return success(200, *object);
}

Response SimApiServer::list(const ResourceType& type, const RequestTarget& target) {
  if (may_read && !may_read(type)) return refusal(refusals::forbidden(type, "", "no right"));
  // "0" means: anything you have. A server's cache may be behind.
  const bool any = target.parameter("resourceVersion") == "0";
  const auto page = list_page(store_, type, target, any ? some_version_ago() : store_.version());
  return page ? success(200, *page) : refusal(page.error());
}

std::uint64_t SimApiServer::some_version_ago() {
  const std::uint64_t back = random_.below(20);
  return std::max(store_.compacted(), store_.version() - std::min(store_.version(), back));
}

Response SimApiServer::write(const ResourceType& type, const RequestTarget& target,
                             const Request& request) {
  if (type.namespaced && target.ns.empty()) return refusal(refusals::method_not_allowed());
  if (request.method == Method::Delete && !target.name.empty())
    return remove(type, target, request.body);
  if (request.method == Method::Patch && !target.name.empty()) return patch(type, target, request);
  if (request.method != Method::Post || !target.name.empty())
    return refusal(refusals::method_not_allowed());
  Json object = Json::parse(request.body, nullptr, false);
  if (object.is_discarded())
    return refusal(refusals::bad_request("the object provided is unrecognized"));
  return answer(201, verbs_.create(type, target.ns, std::move(object)));
}

Response SimApiServer::patch(const ResourceType& type, const RequestTarget& target,
                             const Request& request) {
  if (request.content_type != "application/merge-patch+json")
    return refusal(ApiStatus{.code = 415,
                             .reason = "UnsupportedMediaType",
                             .message = "the body of the request was in an unknown format"});
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return refusal(refusals::bad_request("error decoding patch"));
  const bool status = target.subresource == "status";
  if (!target.subresource.empty() && !(status && type.status_subresource))
    return refusal(ApiStatus{.code = 404,
                             .reason = "NotFound",
                             .message = "the server could not find the requested resource"});
  return answer(200, verbs_.patch(type, {target.ns, target.name}, body,
                                  status ? Verbs::Part::Status : Verbs::Part::Main));
}

Response SimApiServer::remove(const ResourceType& type, const RequestTarget& target,
                              const std::string& body) {
  DeleteOptions options;
  if (!body.empty()) {
    const Json sent = Json::parse(body, nullptr, false);
    if (!sent.is_object()) return refusal(refusals::bad_request("error decoding DeleteOptions"));
    options.uid = text_at(sent, "/preconditions/uid");
    options.version = text_at(sent, "/preconditions/resourceVersion");
    options.force = sent.value("gracePeriodSeconds", 30) == 0;
    options.foreground = sent.value("propagationPolicy", "") == "Foreground";
  }
  const ObjectKey key{target.ns, target.name};
  const auto result = verbs_.remove(type, key, options);
  if (!result) return refusal(result.error());
  if (const Object left = store_.find(type, key)) return success(200, *left);
  return success(200, {{"kind", "Status"},
                       {"apiVersion", "v1"},
                       {"metadata", Json::object()},
                       {"status", "Success"},
                       {"details",
                        {{"name", target.name},
                         {"group", type.group},
                         {"kind", type.plural},
                         {"uid", uid_of(**result)}}}});
}

// What kinds a version of a group has.
Response SimApiServer::discovery(const RequestTarget& target) {
  Json resources = Json::array();
  for (const ResourceType* type : store_.types(target.group, target.version))
    resources.push_back({{"name", type->plural},
                         {"kind", type->kind},
                         {"namespaced", type->namespaced},
                         {"verbs", {"create", "delete", "get", "list", "patch", "watch"}}});
  if (resources.empty()) return page_not_found();
  return success(200, {{"kind", "APIResourceList"}, {"resources", resources}});
}

Response SimApiServer::outside_resources(const RequestTarget& target, const Request& request) {
  if (request.method == Method::Get && !target.version.empty() && target.plural.empty())
    return discovery(target);
  if (request.method == Method::Get && target.path == "/version")
    return success(200, {{"major", "1"}, {"minor", "35"}, {"gitVersion", "v1.35.4"}});
  if (request.method == Method::Get && target.path == "/apis") {
    Json groups = Json::array();
    for (const char* name : {"apps", "batch", "bootstrap.openshift.io", "authorization.k8s.io"})
      groups.push_back({{"name", name}});
    return success(200, {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", groups}});
  }
  const bool review = target.group == "authorization.k8s.io" && request.method == Method::Post;
  Json body = review ? Json::parse(request.body, nullptr, false) : Json();
  if (!body.is_object()) return page_not_found();
  body["status"] = {{"allowed", !allows || allows(body)}};
  return success(201, body);
}

SimApiServer::Opened SimApiServer::open_watch(std::string_view text,
                                              std::function<void()> on_ready) {
  const auto target = parse_target(text);
  if (!target) return {refusal(refusals::bad_request("invalid URL escape")), 0};
  const ResourceType* type = store_.type(target->group, target->version, target->plural);
  if (type == nullptr) return {page_not_found(), 0};
  if (!target->flag("watch") || !target->name.empty())
    return {refusal(refusals::bad_request("not a watch")), 0};
  if (may_read && !may_read(*type)) return {refusal(refusals::forbidden(*type, "", "no right")), 0};
  const auto handle = watches_.open(*type, *target, std::move(on_ready));
  if (!handle) return {refusal(handle.error()), 0};
  return {Response{.status = 200, .body = "", .retry_after = {}}, *handle};
}

}  // namespace bootstrap::simulation
