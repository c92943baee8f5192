#include "operator/kube/cpprest_transport.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <cpprest/http_client.h>
#include <cpprest/producerconsumerstream.h>
#include <pplx/threadpool.h>

#include "operator/kube/cpprest_push_buffer.h"
#include "operator/kube/hand_over.h"
#include "operator/kube/receive.h"
#include "operator/kube/slots.h"
#include "operator/kube/socket_health.h"
#include "operator/kube/tls_context.h"
#include "operator/kube/transport_errors.h"

namespace bootstrap::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Instant = std::chrono::steady_clock::time_point;
using Failure = TransportError::Kind;
using Socket = boost::asio::ip::tcp::socket;
using TlsStream = boost::asio::ssl::stream<Socket&>;

// The library's own timer bounds every leg of a request; ours are the ones that count.
constexpr std::chrono::hours kLibraryTimeout{24};
// More pooled connections than this are not dead at the same time.
constexpr int kStaleConnections = 64;
constexpr seconds kLongestRetryAfter{3600};
// A cancelled request ends at once unless it hangs in name resolution.
constexpr seconds kLeaveBehind{5};

Instant now() {
  return std::chrono::steady_clock::now();
}

TransportError trouble(Failure kind, std::string message, bool maybe_applied) {
  return {kind, std::move(message), maybe_applied};
}

// Thrown by our hook before a pooled connection is used that the server has closed meanwhile.
struct StaleConnection : std::runtime_error {
  StaleConnection() : std::runtime_error("the server closed the kept-alive connection") {}
};

// Thrown by our hook when a new connection cannot even be prepared.
struct BadTlsMaterial : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Everything one request shares with the library. Lives until the library has let go of it, which
// may be after the caller has returned.
struct Exchange {
  Exchange(std::size_t capacity, Slots::Slot taken) : hand(capacity), slot(std::move(taken)) {}

  HandOver hand;
  pplx::cancellation_token_source cancel;
  std::atomic<bool> may_be_applied{false};
  // Of a failure: written before hand.end(), read after it was seen.
  bool stale = false;
  bool write_failed = false;
  Slots::Slot slot;  // freed at the end of the request, not of the call
};
using SharedExchange = std::shared_ptr<Exchange>;

const char* method_name(Method method) {
  switch (method) {
    case Method::Get:
      return "GET";
    case Method::Post:
      return "POST";
    case Method::Put:
      return "PUT";
    case Method::Patch:
      return "PATCH";
    case Method::Delete:
      return "DELETE";
  }
  return "GET";
}

bool is_idempotent(Method method) {
  return method != Method::Post && method != Method::Patch;
}

std::optional<seconds> retry_after(const web::http::http_headers& headers) {
  const auto found = headers.find("Retry-After");
  if (found == headers.end()) return std::nullopt;
  const std::string& text = found->second;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return std::min(seconds(value), kLongestRetryAfter);
}

// Called by the library before each use of a connection, new or from its pool.
void before_use(Socket& socket, bool host_is_ipv4) {
  if (socket.is_open()) {
    if (closed_by_peer(socket.native_handle())) throw StaleConnection();
    notice_dead_peers(socket.native_handle());
    return;
  }
  if (!host_is_ipv4) return;  // the address family is not known yet; set when it is used again
  boost::system::error_code error;
  socket.open(boost::asio::ip::tcp::v4(), error);
  if (!error) notice_dead_peers(socket.native_handle());
}

// The library's client with its connections.
class Session {
 public:
  using Client = web::http::client::http_client;

  Session(const std::string& server, TlsMaterialSource tls)
      : server_(server), tls_(std::move(tls)), note_(std::make_shared<VerifyNote>()) {
    if (server_.scheme() != "https" || server_.host().empty()) {
      throw std::invalid_argument("not an https URL: " + server);
    }
    if (!tls_) throw std::invalid_argument("no source of TLS material");
    client_ = make();
  }

  std::shared_ptr<Client> client() const {
    const std::lock_guard lock(mutex_);
    return client_;
  }
  // Requests in progress keep the old client, with its connections, until they end.
  void renew() {
    auto fresh = make();
    const std::lock_guard lock(mutex_);
    client_ = std::move(fresh);
  }
  std::string verify_note() const { return note_->text(); }

 private:
  std::shared_ptr<Client> make() const {
    const std::string host = server_.host();
    boost::system::error_code not_an_address;
    const auto address = boost::asio::ip::make_address(host, not_an_address);
    const bool is_ipv4 = !not_an_address && address.is_v4();
    web::http::client::http_client_config config;
    config.set_timeout(kLibraryTimeout);
    config.set_max_redirects(0);
    config.set_validate_certificates(true);
    config.set_tlsext_sni_enabled(!is_ipv4);  // the extension carries names only
    config.set_ssl_context_callback(
        [tls = tls_, host, note = note_](boost::asio::ssl::context& context) {
          const auto wrong = configure_tls(context.native_handle(), tls(), host, *note);
          if (wrong) throw BadTlsMaterial("TLS: " + *wrong);
        });
    config.set_nativehandle_options([is_ipv4](web::http::client::native_handle handle) {
      before_use(static_cast<TlsStream*>(handle)->next_layer(), is_ipv4);
    });
    return std::make_shared<Client>(server_, config);
  }

  const web::uri server_;
  const TlsMaterialSource tls_;
  const std::shared_ptr<VerifyNote> note_;
  mutable std::mutex mutex_;
  std::shared_ptr<Client> client_;
};

TransportError explain(std::exception_ptr thrown, Session& session, Exchange& exchange) {
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const StaleConnection& error) {
    exchange.stale = true;
    return trouble(Failure::Broken, error.what(), false);
  } catch (const BadTlsMaterial& error) {
    return trouble(Failure::Tls, error.what(), false);
  } catch (const web::http::http_exception& error) {
    auto explained = explain_library_error(error.what(), error.error_code().value(),
                                           session.verify_note(), exchange.may_be_applied);
    exchange.write_failed = explained.while_writing;
    if (explained.pool_spoiled) session.renew();
    return std::move(explained.error);
  } catch (const std::exception& error) {
    return trouble(Failure::Broken, error.what(), exchange.may_be_applied.load());
  } catch (...) {
    return trouble(Failure::Broken, "unknown error", exchange.may_be_applied.load());
  }
}

class CpprestTransport final : public Transport {
 public:
  explicit CpprestTransport(CpprestOptions options)
      : options_(std::move(options)),
        session_(std::make_shared<Session>(options_.server, options_.tls)),
        requests_(std::make_shared<Slots>(options_.max_requests)),
        streams_(std::make_shared<Slots>(options_.max_streams)) {}

  ~CpprestTransport() override {
    const Instant end = now() + kLeaveBehind;
    requests_->wait_unused(end);
    streams_->wait_unused(end);
  }

  Answer send(const Request& request, milliseconds deadline, std::stop_token stop) override {
    const Instant end = now() + deadline;
    return call(request, *requests_, end, stop, [&](Exchange& exchange) {
      return receive_whole(exchange.hand, end, options_.max_body);
    });
  }

  Answer stream(const Request& request, Sink& sink, StreamLimits limits,
                std::stop_token stop) override {
    const Instant head_end = now() + limits.head;
    return call(request, *streams_, head_end, stop, [&](Exchange& exchange) {
      return receive_stream(exchange.hand, sink, limits, head_end);
    });
  }

 private:
  // Ends an exchange from the stop token's side; the caller's thread may be in a slow sink.
  struct StopExchange {
    SharedExchange exchange;
    void operator()() const {
      exchange->hand.stop();  // first, or the broken connection would be the news
      cancel(exchange);
    }
  };

  // Cancelling closes the socket, in the thread that does it: in another one than the library's it
  // would do so under the hands of whatever reads or writes there at that moment.
  static void cancel(const SharedExchange& exchange) {
    crossplat::threadpool::shared_instance().service().post(
        [exchange] { exchange->cancel.cancel(); });
  }

  // One request; sent again if the connection it was given turned out to be dead and nothing can
  // have been done twice.
  template <class Receive>
  Answer call(const Request& request, Slots& slots, Instant start_by, const std::stop_token& stop,
              Receive receive) {
    bool repeated = false;
    for (int stale = 0;;) {
      auto begun = begin(request, slots, start_by, stop);
      if (!begun) return tl::unexpected(std::move(begun.error()));
      Exchange& exchange = **begun;
      const std::stop_callback on_stop(stop, StopExchange{*begun});
      Answer answer = ended(*begun, receive(exchange));
      if (!answer && answer.error().kind == Failure::Broken && stop.stop_requested()) {
        answer.error().kind = Failure::Cancelled;
      }
      if (answer || answer.error().kind != Failure::Broken) return answer;
      const bool nothing_sent = exchange.stale && ++stale <= kStaleConnections;
      const bool died_in_writing =
          exchange.write_failed && is_idempotent(request.method) && !repeated;
      if (!nothing_sent && !died_in_writing) return answer;
      repeated = repeated || died_in_writing;
    }
  }

  // How a call that began ends: whatever still comes is dropped, and unless the answer was whole
  // the connection is closed.
  static Answer ended(const SharedExchange& exchange, Answer answer) {
    if (!answer) {
      cancel(exchange);
      answer.error().maybe_applied = answer.error().maybe_applied && exchange->may_be_applied;
    }
    exchange->hand.abandon();
    return answer;
  }

  // Hands the request to the library.
  tl::expected<SharedExchange, TransportError> begin(const Request& request, Slots& slots,
                                                     Instant start_by,
                                                     const std::stop_token& stop) {
    Slots::Slot slot = slots.acquire(start_by, stop);
    if (stop.stop_requested()) {
      return tl::unexpected(trouble(Failure::Cancelled, "stopped", false));
    }
    if (!slot) {
      return tl::unexpected(trouble(Failure::Timeout, "too many requests in progress", false));
    }
    const auto exchange = std::make_shared<Exchange>(options_.stream_buffer, std::move(slot));
    try {
      const auto task = session_->client()->request(library_request(request, exchange),
                                                    exchange->cancel.get_token());
      follow(task, exchange, session_);
      return exchange;
    } catch (const std::exception& error) {  // e.g. a target that is no URI
      return tl::unexpected(trouble(Failure::Broken, error.what(), false));
    }
  }

  web::http::http_request library_request(const Request& request, const SharedExchange& exchange) {
    web::http::http_request out(method_name(request.method));
    out.set_request_uri(web::uri(request.target));
    auto& headers = out.headers();
    headers.add("Accept", "application/json");
    headers.add("User-Agent", options_.user_agent);
    if (!request.bearer_token.empty()) {
      headers.add("Authorization", "Bearer " + request.bearer_token);
    }
    if (!request.body.empty() && is_idempotent(request.method)) {
      out.set_body(request.body, request.content_type);
    } else if (!request.body.empty()) {
      // Asked to send this a second time the library finds that it cannot, and gives up.
      concurrency::streams::producer_consumer_buffer<uint8_t> once;
      once.putn_nocopy(reinterpret_cast<const uint8_t*>(request.body.data()), request.body.size())
          .get();
      // Closed on return. Its task says so by way of another thread: waiting for it costs two
      // switches between threads, before the request is even begun.
      once.close(std::ios_base::out);
      out.set_body(once.create_istream(), request.body.size(), request.content_type);
    }
    const bool has_body = !request.body.empty();
    if (!has_body) exchange->may_be_applied = true;
    out.set_progress_handler(
        [exchange](web::http::message_direction::direction direction, utility::size64_t) {
          // Before the first byte of the body is written.
          if (direction == web::http::message_direction::upload) exchange->may_be_applied = true;
        });
    out.set_response_stream(
        concurrency::streams::streambuf<uint8_t>(
            std::make_shared<PushBuffer>(std::shared_ptr<HandOver>(exchange, &exchange->hand)))
            .create_ostream());
    return out;
  }

  // Passes on how the request goes. No task is left whose exception nobody looks at.
  static void follow(const pplx::task<web::http::http_response>& task,
                     const SharedExchange& exchange, const std::shared_ptr<Session>& session) {
    const auto finish = [exchange, session](std::exception_ptr thrown) {
      std::optional<TransportError> failure;
      if (thrown) failure = explain(std::move(thrown), *session, *exchange);
      exchange->slot.reset();
      exchange->hand.end(std::move(failure));
    };
    task.then([exchange, finish](pplx::task<web::http::http_response> head) {
      try {
        const auto response = head.get();
        exchange->hand.head({response.status_code(), retry_after(response.headers())});
        response.content_ready().then([finish](pplx::task<web::http::http_response> body) {
          try {
            body.get();
            finish(nullptr);
          } catch (...) {
            finish(std::current_exception());
          }
        });
      } catch (...) {
        finish(std::current_exception());
      }
    });
  }

  const CpprestOptions options_;
  const std::shared_ptr<Session> session_;
  const std::shared_ptr<Slots> requests_;
  const std::shared_ptr<Slots> streams_;
};

}  // namespace

void initialize_transport_threads() {
  setenv("SSL_CERT_FILE", "/dev/null", 1);
  setenv("SSL_CERT_DIR", "/dev/null", 1);
  crossplat::threadpool::initialize_with_threads(1);
}

std::unique_ptr<Transport> make_cpprest_transport(CpprestOptions options) {
  return std::make_unique<CpprestTransport>(std::move(options));
}

}  // namespace bootstrap::kube
