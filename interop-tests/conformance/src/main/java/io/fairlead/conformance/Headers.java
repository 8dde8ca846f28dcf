package io.fairlead.conformance;

import connectrpc.conformance.v1.Service.Header;
import io.grpc.Metadata;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Headers as the suite writes them, where binary values are base64 without padding. */
final class Headers {
  private Headers() {}

  static void put(List<Header> headers, Metadata target) {
    for (Header header : headers) {
      for (String value : header.getValueList()) {
        if (isBinary(header.getName())) {
          target.put(binary(header.getName()), bytes(value));
        } else {
          target.put(text(header.getName()), value);
        }
      }
    }
  }

  static List<Header> of(@Nullable Metadata metadata) {
    List<Header> headers = new ArrayList<>();
    if (metadata != null) {
      for (String name : metadata.keys()) {
        if (name.startsWith(":")) {
          // grpc-java leaves HTTP's own among the trailers of an answer that is no gRPC.
          continue;
        }
        Header.Builder header = Header.newBuilder().setName(name);
        if (isBinary(name)) {
          for (byte[] value : all(metadata, binary(name))) {
            header.addValue(Base64.getEncoder().withoutPadding().encodeToString(value));
          }
        } else {
          header.addAllValue(all(metadata, text(name)));
        }
        headers.add(header.build());
      }
    }
    return headers;
  }

  private static <T> List<T> all(Metadata metadata, Metadata.Key<T> key) {
    List<T> all = new ArrayList<>();
    Iterable<T> values = metadata.getAll(key);
    if (values != null) {
      values.forEach(all::add);
    }
    return all;
  }

  static boolean isBinary(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(Metadata.BINARY_HEADER_SUFFIX);
  }

  static Metadata.Key<byte[]> binary(String name) {
    return Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER);
  }

  static Metadata.Key<String> text(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  static byte[] bytes(String base64) {
    return Base64.getDecoder().decode(base64);
  }
}
