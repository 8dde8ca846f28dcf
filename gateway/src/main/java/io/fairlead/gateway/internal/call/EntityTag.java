package io.fairlead.gateway.internal.call;

import io.fairlead.gateway.internal.http.HttpExchange;
import io.fairlead.gateway.internal.http.RequestHead;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The tag of a response that GET leads to: a caller that still has the same response gets 304
 * without a body. A handler may send an {@code etag} of its own.
 */
public final class EntityTag {
  /** Of the 32 bytes of SHA-256; enough that two responses do not meet. */
  private static final int BYTES = 15;

  private EntityTag() {}

  /**
   * Returns the tag of a body as it is sent, so that each compression has its own; null for
   * requests that have no tag. Takes time: not for an event loop.
   */
  public static @Nullable String of(RequestHead request, byte[] body) {
    if (!isGet(request)) {
      return null;
    }
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(body);
      return '"' + Base64.getUrlEncoder().encodeToString(Arrays.copyOf(hash, BYTES)) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static boolean isGet(RequestHead request) {
    return request.method().equals("GET") || request.method().equals("HEAD");
  }

  /**
   * Sends a response with status 200, or 304 if the caller has it.
   *
   * @param tag what {@link #of} returned
   */
  public static void respond(
      HttpExchange exchange, HttpHeaders fields, @Nullable String tag, byte[] body) {
    RequestHead request = exchange.request();
    String own = fields.get(HttpHeaderNames.ETAG);
    if (own == null && tag != null) {
      fields.set(HttpHeaderNames.ETAG, tag);
      own = tag;
    }
    if (own != null && isGet(request) && isKnown(own, request)) {
      fields.remove(HttpHeaderNames.CONTENT_TYPE);
      fields.remove(HttpHeaderNames.CONTENT_ENCODING);
      exchange.respond(304, fields, Unpooled.EMPTY_BUFFER);
      return;
    }
    exchange.respond(200, fields, Unpooled.wrappedBuffer(body));
  }

  /** Compares as RFC 9110 wants it for GET: whether a tag is weak does not matter. */
  private static boolean isKnown(String tag, RequestHead request) {
    for (String header : request.headers().getAll(HttpHeaderNames.IF_NONE_MATCH)) {
      for (String each : header.split(",", -1)) {
        String one = each.strip();
        if (one.equals("*") || strong(one).equals(strong(tag))) {
          return true;
        }
      }
    }
    return false;
  }

  private static String strong(String tag) {
    return tag.startsWith("W/") ? tag.substring(2) : tag;
  }
}
