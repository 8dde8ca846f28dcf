package io.fairlead.codegen.model;

/** Which sides of a call are streams. */
public enum Shape {
  UNARY("unary"),
  SERVER_STREAMING("serverStreaming"),
  CLIENT_STREAMING("clientStreaming"),
  BIDI_STREAMING("bidiStreaming");

  private final String factory;

  Shape(String factory) {
    this.factory = factory;
  }

  public static Shape of(boolean clientStreams, boolean serverStreams) {
    if (clientStreams) {
      return serverStreams ? BIDI_STREAMING : CLIENT_STREAMING;
    }
    return serverStreams ? SERVER_STREAMING : UNARY;
  }

  /** What the runtime calls it: the name of its factory, of its call and of its binding. */
  public String factory() {
    return factory;
  }

  public boolean streamsRequests() {
    return this == CLIENT_STREAMING || this == BIDI_STREAMING;
  }

  public boolean streamsResponses() {
    return this == SERVER_STREAMING || this == BIDI_STREAMING;
  }
}
