package io.fairlead.client.internal;

import com.google.protobuf.StringValue;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A server of a {@link VirtualNetwork}, which does what a test says, attempt by attempt. */
final class VirtualServer {
  /** What the server does with its n-th call; the first is 1. */
  interface Script {
    void answer(int number, Exchange exchange);
  }

  /** One call as the server sees it. What it says arrives when the clock next moves. */
  static final class Exchange {
    final Metadata headers;
    final String request;
    private final VirtualStream stream;
    private boolean begun;

    /** Whether the client has given the call up. */
    boolean cancelled;

    Exchange(Metadata headers, String request, VirtualStream stream) {
      this.headers = headers;
      this.request = request;
      this.stream = stream;
    }

    /** Sends the headers of an answer, and nothing else yet. */
    void begin() {
      begin(new Metadata());
    }

    /** Sends these headers of an answer, and nothing else yet. */
    void begin(Metadata responseHeaders) {
      begun = true;
      stream.receiveHeaders(responseHeaders);
    }

    void message(String text) {
      if (!begun) {
        begin();
      }
      stream.receiveMessage(StringValue.of(text));
    }

    void reply(String text) {
      message(text);
      stream.receiveEnd(Status.OK, new Metadata());
    }

    void fail(Status status) {
      fail(status, new Metadata());
    }

    void fail(Status status, Metadata trailers) {
      stream.receiveEnd(status, trailers);
    }

    @Nullable String header(String name) {
      return headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
    }
  }

  private final int port;
  private final Script script;
  final List<Exchange> seen = new ArrayList<>();
  final Set<VirtualNetwork.Connection> connections = new LinkedHashSet<>();

  VirtualServer(int port, Script script) {
    this.port = port;
    this.script = script;
  }

  int port() {
    return port;
  }

  String target() {
    return "127.0.0.1:" + port;
  }

  void take(Exchange exchange) {
    seen.add(exchange);
    script.answer(seen.size(), exchange);
  }
}
