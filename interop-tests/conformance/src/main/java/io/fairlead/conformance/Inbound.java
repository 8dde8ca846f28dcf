package io.fairlead.conformance;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import connectrpc.conformance.v1.Service.ConformancePayload.RequestInfo;
import connectrpc.conformance.v1.Service.Header;
import io.fairlead.CallContext;
import io.grpc.Metadata;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The call that is being served, as far as the suite asks for it. */
interface Inbound {
  Metadata headers();

  Optional<Duration> remaining();

  /** Sets what goes out around the messages. */
  void answer(List<Header> headers, List<Header> trailers);

  /** Sends the headers now, before the first message. */
  void sendHeadersNow();

  /** All that is known of the request. */
  default RequestInfo info(List<? extends Message> requests) {
    RequestInfo.Builder info = RequestInfo.newBuilder().addAllRequestHeaders(Headers.of(headers()));
    remaining().ifPresent(left -> info.setTimeoutMs(left.toMillis()));
    requests.forEach(request -> info.addRequests(Any.pack(request)));
    return info.build();
  }

  /** Only the messages. */
  static RequestInfo requestsOnly(List<? extends Message> requests) {
    RequestInfo.Builder info = RequestInfo.newBuilder();
    requests.forEach(request -> info.addRequests(Any.pack(request)));
    return info.build();
  }

  /** The call as a handler on Fairlead sees it. */
  static Inbound of(CallContext call) {
    return new OnFairlead(call);
  }

  /** See {@link #of}. */
  record OnFairlead(CallContext call) implements Inbound {
    @Override
    public Metadata headers() {
      return call.headers();
    }

    @Override
    public Optional<Duration> remaining() {
      return call.remaining();
    }

    @Override
    public void answer(List<Header> headers, List<Header> trailers) {
      Headers.put(headers, call.responseHeaders());
      Headers.put(trailers, call.responseTrailers());
    }

    @Override
    public void sendHeadersNow() {
      call.sendResponseHeaders();
    }
  }
}
