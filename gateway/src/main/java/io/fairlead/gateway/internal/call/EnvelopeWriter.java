package io.fairlead.gateway.internal.call;

import io.fairlead.gateway.internal.http.HttpExchange;
import io.grpc.Metadata;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;

/**
 * Writes a response whose messages are in envelopes, each compressed if the caller takes that. What
 * ends the response is up to the protocol.
 */
public abstract class EnvelopeWriter implements CallWriter {
  private static final int COMPRESSED = 1;

  protected final HttpExchange exchange;
  private final String contentType;
  private final String acceptHeader;
  private final String encodingHeader;
  private final boolean gzip;
  private boolean begun;

  /**
   * @param acceptHeader where each side names the encodings that it reads
   * @param encodingHeader where the response names its encoding
   */
  protected EnvelopeWriter(
      HttpExchange exchange, String contentType, String acceptHeader, String encodingHeader) {
    this.exchange = exchange;
    this.contentType = contentType;
    this.acceptHeader = acceptHeader;
    this.encodingHeader = encodingHeader;
    this.gzip = Gzip.isAccepted(exchange.request().header(acceptHeader));
  }

  @Override
  public final void headers(Metadata headers) {
    begun = true;
    HttpHeaders fields = new DefaultHttpHeaders();
    HeaderMapping.addTo(fields, "", headers);
    fields.set("content-type", contentType);
    fields.set(acceptHeader, Gzip.NAME);
    if (gzip) {
      fields.set(encodingHeader, Gzip.NAME);
    }
    exchange.begin(200, fields);
  }

  @Override
  public final byte[] pack(byte[] encoded) {
    return gzip ? Gzip.compress(encoded) : encoded;
  }

  @Override
  public final Future<?> message(byte[] packed) {
    return write(gzip ? COMPRESSED : 0, packed);
  }

  /** Begins the response of a call that ends without a message. */
  protected final void beginIfNotBegun() {
    if (!begun) {
      headers(new Metadata());
    }
  }

  /** Sends an envelope, whose flags say what it holds. */
  protected final Future<?> write(int flags, byte[] content) {
    return exchange.write(framed(EnvelopeReader.envelope(flags, content)));
  }

  /** Returns an envelope as it is sent. */
  protected ByteBuf framed(ByteBuf envelope) {
    return envelope;
  }
}
