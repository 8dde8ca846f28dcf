package io.fairlead.gateway.internal.call;

import io.grpc.Metadata;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Headers of HTTP as gRPC's metadata, and back.
 *
 * <p>What belongs to the connection or to the protocol is not handed on. Values of names that end
 * with {@code -bin} are bytes: in base64 of either alphabet, with or without padding.
 */
public final class HeaderMapping {
  /** Of HTTP itself: they say nothing to a handler, or would change the meaning of a response. */
  private static final Set<String> NOT_HANDED_ON =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "transfer-encoding",
          "upgrade",
          "te",
          "trailer",
          "host",
          "expect",
          "content-length",
          "content-type",
          "content-encoding",
          "accept-encoding",
          "grpc-timeout",
          "grpc-encoding",
          "grpc-accept-encoding",
          "connect-timeout-ms",
          "connect-protocol-version",
          "connect-content-encoding",
          "connect-accept-encoding");

  /** Not sent for a handler either: the protocols and the connection say these themselves. */
  private static final Set<String> NOT_SENT =
      Set.of("grpc-status", "grpc-message", "grpc-status-details-bin", "date");

  /** Keys of what most requests have: a key costs more to make than all else of a header. */
  private static final Map<String, Metadata.Key<String>> KNOWN =
      Stream.of(
              "accept",
              "accept-language",
              "authorization",
              "cookie",
              "origin",
              "referer",
              "traceparent",
              "tracestate",
              "user-agent",
              "x-forwarded-for",
              "x-forwarded-proto",
              "x-request-id")
          .collect(
              Collectors.toUnmodifiableMap(
                  name -> name, name -> Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));

  private HeaderMapping() {}

  /** Returns the metadata of a request. What gRPC cannot hold is left out. */
  public static Metadata metadata(HttpHeaders headers) {
    Metadata metadata = new Metadata();
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> each = all.next();
      String name = each.getKey().toString().toLowerCase(Locale.ROOT);
      if (NOT_HANDED_ON.contains(name)) {
        continue;
      }
      Metadata.Key<String> known = KNOWN.get(name);
      String value = each.getValue().toString();
      if (known == null) {
        if (isName(name)) {
          add(metadata, name, value);
        }
      } else if (isPrintable(value)) {
        metadata.put(known, value);
      }
    }
    return metadata;
  }

  private static void add(Metadata metadata, String name, String value) {
    if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
      if (name.length() == Metadata.BINARY_HEADER_SUFFIX.length()) {
        return;
      }
      Metadata.Key<byte[]> key = Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER);
      for (String one : value.split(",", -1)) {
        try {
          metadata.put(key, base64(one.trim()));
        } catch (IllegalArgumentException notBase64) {
          // No bytes that anybody could mean.
        }
      }
    } else if (isPrintable(value)) {
      metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    }
  }

  /** Reads base64 of either alphabet, with or without padding. */
  public static byte[] base64(String text) {
    return Base64.getDecoder().decode(text.replace('-', '+').replace('_', '/'));
  }

  private static boolean isName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean known =
          (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
      if (!known) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  private static boolean isPrintable(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < 0x20 || c > 0x7e) {
        return false;
      }
    }
    return true;
  }

  /**
   * Adds metadata to headers, each name after a prefix. What HTTP cannot carry is left out, as
   * grpc-java does; spaces around a value are not part of it in HTTP.
   */
  public static void addTo(HttpHeaders headers, String prefix, Metadata metadata) {
    for (String name : metadata.keys()) {
      if (NOT_HANDED_ON.contains(name) || NOT_SENT.contains(name)) {
        continue;
      }
      if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        Iterable<byte[]> values =
            metadata.getAll(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER));
        if (values != null) {
          values.forEach(each -> headers.add(prefix + name, unpadded(each)));
        }
      } else {
        Iterable<String> values =
            metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
        if (values != null) {
          for (String each : values) {
            if (isPrintable(each)) {
              headers.add(prefix + name, each.strip());
            }
          }
        }
      }
    }
  }

  /** Returns base64 without padding. */
  public static String unpadded(byte[] bytes) {
    return new String(
        Base64.getEncoder().withoutPadding().encode(bytes), StandardCharsets.US_ASCII);
  }
}
