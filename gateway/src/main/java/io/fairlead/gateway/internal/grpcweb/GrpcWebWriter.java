package io.fairlead.gateway.internal.grpcweb;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.gateway.internal.call.EnvelopeWriter;
import io.fairlead.gateway.internal.call.ErrorDetails;
import io.fairlead.gateway.internal.call.HeaderMapping;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;

/** Writes a response of gRPC-Web: frames as in gRPC, the last one with the trailers. */
final class GrpcWebWriter extends EnvelopeWriter {
  private static final int TRAILERS = 0x80;
  private static final String HEX = "0123456789ABCDEF";

  /** A description may hold what the caller sent; nobody reads more of it than this. */
  private static final int MOST_MESSAGE = 4096;

  private final boolean text;
  private final boolean httpTrailers;

  /**
   * Makes the writer of one call.
   *
   * @param text whether each frame is sent in base64
   * @param httpTrailers whether the status is sent as gRPC itself sends it
   */
  GrpcWebWriter(HttpExchange exchange, String contentType, boolean text, boolean httpTrailers) {
    super(exchange, contentType, "grpc-accept-encoding", "grpc-encoding");
    this.text = text;
    this.httpTrailers = httpTrailers;
  }

  @Override
  protected ByteBuf framed(ByteBuf envelope) {
    return text
        ? Unpooled.wrappedBuffer(Base64.getEncoder().encode(ByteBufUtil.getBytes(envelope)))
        : envelope;
  }

  @Override
  public void close(Status status, Metadata trailers) {
    beginIfNotBegun();
    HttpHeaders fields = new DefaultHttpHeaders();
    fields.set("grpc-status", status.getCode().value());
    if (status.getDescription() != null) {
      fields.set("grpc-message", escape(status.getDescription()));
    }
    byte[] details = ErrorDetails.raw(trailers);
    if (details != null) {
      fields.set("grpc-status-details-bin", HeaderMapping.unpadded(details));
    }
    HeaderMapping.addTo(fields, "", trailers);
    if (httpTrailers) {
      exchange.end(fields);
      return;
    }
    StringBuilder block = new StringBuilder();
    for (Map.Entry<String, String> each : fields) {
      block
          .append(each.getKey().toLowerCase(Locale.ROOT))
          .append(": ")
          .append(each.getValue())
          .append("\r\n");
    }
    var unused = write(TRAILERS, block.toString().getBytes(US_ASCII));
    exchange.end(null);
  }

  /**
   * Escapes a message as gRPC does: what is not printable ASCII, and the percent sign. Spaces at
   * the ends too, which HTTP would not count as part of it.
   */
  private static String escape(String message) {
    byte[] bytes = start(message).getBytes(UTF_8);
    StringBuilder escaped = new StringBuilder(bytes.length + 16);
    for (int i = 0; i < bytes.length; i++) {
      byte b = bytes[i];
      boolean plain = b > 0x20 && b <= 0x7e && b != '%';
      if (plain || (b == ' ' && i > 0 && i < bytes.length - 1)) {
        escaped.append((char) b);
      } else {
        escaped.append('%').append(HEX.charAt((b & 0xff) >> 4)).append(HEX.charAt(b & 0xf));
      }
    }
    return escaped.toString();
  }

  private static String start(String message) {
    if (message.length() <= MOST_MESSAGE) {
      return message;
    }
    boolean splits = Character.isHighSurrogate(message.charAt(MOST_MESSAGE - 1));
    return message.substring(0, splits ? MOST_MESSAGE - 1 : MOST_MESSAGE);
  }
}
