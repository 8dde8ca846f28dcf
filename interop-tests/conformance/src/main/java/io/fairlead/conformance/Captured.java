package io.fairlead.conformance;

import connectrpc.conformance.v1.Service.Header;
import io.fairlead.ResponseCapture;
import java.util.List;

/** A call on Fairlead, whose headers and trailers are kept by the channel. */
abstract class Captured implements Conversation {
  private final ResponseCapture capture;

  Captured(ResponseCapture capture) {
    this.capture = capture;
  }

  @Override
  public List<Header> headers() {
    return Headers.of(capture.headers());
  }

  @Override
  public List<Header> trailers() {
    return Headers.of(capture.trailers());
  }
}
