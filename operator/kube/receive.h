#pragma once
// What the thread that called the transport does until its answer is there: waits on the hand-over
// with the call's own limits. Knows nothing of the HTTP library.
//
// Threads: the consumer's side of a HandOver. Errors: values; their maybe_applied is left true.

#include "operator/kube/hand_over.h"

namespace bootstrap::kube {

using Answer = tl::expected<Response, TransportError>;

// The whole answer, by `end`. A body larger than `most` is TooLarge.
Answer receive_whole(HandOver& hand, HandOver::Instant end, std::size_t most);

// Feeds the body of a 2xx answer to the sink; any other answer is returned with its body.
Answer receive_stream(HandOver& hand, Sink& sink, const StreamLimits& limits,
                      HandOver::Instant head_end);

}  // namespace bootstrap::kube
