package io.fairlead.gateway.internal.http;

import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/** Refuses what two parties could read differently, as that is how requests are smuggled. */
final class StrictRequestDecoder extends HttpRequestDecoder {
  StrictRequestDecoder(ConnectionLimits limits) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(limits.lineBytes())
            .setMaxHeaderSize(limits.headerBytes())
            .setAllowDuplicateContentLengths(false));
  }

  @Override
  protected HttpMessage createMessage(String[] initialLine) throws Exception {
    // Netty takes any version, in any case: what frames a request differs between them.
    String version = initialLine[2];
    if (!version.equals("HTTP/1.1") && !version.equals("HTTP/1.0")) {
      throw new IllegalArgumentException("the version is HTTP/1.1 or HTTP/1.0, not " + version);
    }
    return super.createMessage(initialLine);
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException(
        "a request has both Content-Length and Transfer-Encoding; send one of them");
  }
}
