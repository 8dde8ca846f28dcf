package io.fairlead.telemetry.opentelemetry;

import io.fairlead.policy.Code;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** Names of attributes: those of the conventions for RPC, of gRFC A72, and ours. */
final class SpanAttributes {
  static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("rpc.system.name");
  static final AttributeKey<String> METHOD = AttributeKey.stringKey("rpc.method");
  static final AttributeKey<String> STATUS = AttributeKey.stringKey("rpc.status_code");
  static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  static final AttributeKey<String> SERVER_ADDRESS = AttributeKey.stringKey("server.address");
  static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");
  static final AttributeKey<String> PEER_ADDRESS = AttributeKey.stringKey("network.peer.address");
  static final AttributeKey<Long> PEER_PORT = AttributeKey.longKey("network.peer.port");
  static final AttributeKey<Long> PREVIOUS_ATTEMPTS = AttributeKey.longKey("previous-rpc-attempts");
  static final AttributeKey<Boolean> TRANSPARENT_RETRY =
      AttributeKey.booleanKey("transparent-retry");
  static final AttributeKey<String> DECIDED_BY = AttributeKey.stringKey("fairlead.decided_by");
  static final AttributeKey<String> END_REASON = AttributeKey.stringKey("fairlead.end_reason");
  static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("fairlead.attempts");
  static final AttributeKey<String> KIND = AttributeKey.stringKey("fairlead.attempt.kind");
  static final AttributeKey<Long> NUMBER = AttributeKey.longKey("fairlead.attempt.number");
  static final AttributeKey<String> ENDPOINT_ID = AttributeKey.stringKey("fairlead.endpoint.id");
  static final AttributeKey<String> PICK_REASON = AttributeKey.stringKey("fairlead.pick.reason");
  static final AttributeKey<String> FALLBACK = AttributeKey.stringKey("fairlead.fallback");
  static final AttributeKey<String> CACHE = AttributeKey.stringKey("fairlead.cache");
  static final AttributeKey<Double> CACHE_AGE = AttributeKey.doubleKey("fairlead.cache.age");
  static final AttributeKey<String> FAULT = AttributeKey.stringKey("fairlead.fault");
  static final AttributeKey<String> CALLER = AttributeKey.stringKey("fairlead.caller");
  static final AttributeKey<String> ENDING = AttributeKey.stringKey("fairlead.ending");
  static final AttributeKey<String> REJECTION = AttributeKey.stringKey("fairlead.reason");
  static final AttributeKey<Double> QUEUE = AttributeKey.doubleKey("fairlead.queue.duration");

  private static final NameCache<Attributes> OF_TARGETS = new NameCache<>(SpanAttributes::serverOf);
  private static final NameCache<Attributes> OF_PEERS =
      new NameCache<>(peer -> hostAndPort(peer, peer, PEER_ADDRESS, PEER_PORT));

  private SpanAttributes() {}

  /** Sets the status, which counts as an error or does not. */
  static void setStatus(Span span, Code code, String description, boolean error) {
    span.setAttribute(STATUS, code.name());
    if (error) {
      span.setAttribute(ERROR, code.name());
      span.setStatus(
          StatusCode.ERROR, description.isEmpty() ? code.name() : code + ": " + description);
    }
  }

  /** Returns {@code server.address} and {@code server.port} of the target of a channel. */
  static Attributes ofTarget(String target) {
    return OF_TARGETS.of(target);
  }

  private static Attributes serverOf(String target) {
    String rest = target.startsWith("dns:///") ? target.substring("dns:///".length()) : target;
    return hostAndPort(rest, target, SERVER_ADDRESS, SERVER_PORT);
  }

  /** Sets where an attempt went. */
  static void setPeer(Span span, String hostAndPort) {
    if (!hostAndPort.isEmpty()) {
      span.setAllAttributes(OF_PEERS.of(hostAndPort));
    }
  }

  static void setPeer(Span span, SocketAddress address) {
    if (address instanceof InetSocketAddress inet) {
      String host =
          inet.getAddress() == null ? inet.getHostString() : inet.getAddress().getHostAddress();
      span.setAttribute(PEER_ADDRESS, host).setAttribute(PEER_PORT, (long) inet.getPort());
    } else {
      span.setAttribute(PEER_ADDRESS, address.toString());
    }
  }

  private static Attributes hostAndPort(
      String text, String otherwise, AttributeKey<String> address, AttributeKey<Long> port) {
    int colon = text.lastIndexOf(':');
    String digits = text.substring(colon + 1);
    boolean isPort =
        colon > 0
            && !digits.isEmpty()
            && digits.length() <= 5
            && digits.chars().allMatch(c -> c >= '0' && c <= '9')
            && text.indexOf('/') < 0;
    return isPort
        ? Attributes.of(address, text.substring(0, colon), port, Long.parseLong(digits))
        : Attributes.of(address, otherwise);
  }
}
