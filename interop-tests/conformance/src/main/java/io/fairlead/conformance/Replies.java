package io.fairlead.conformance;

import com.google.protobuf.Message;
import connectrpc.conformance.v1.Service.BidiStreamRequest;
import connectrpc.conformance.v1.Service.ConformancePayload;
import connectrpc.conformance.v1.Service.ConformancePayload.RequestInfo;
import connectrpc.conformance.v1.Service.ServerStreamRequest;
import connectrpc.conformance.v1.Service.StreamResponseDefinition;
import connectrpc.conformance.v1.Service.UnaryResponseDefinition;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the first request of a call tells a handler to answer: one payload after the other, then
 * perhaps a failure. How they are sent is up to the handler. Used by one thread at a time.
 */
final class Replies {
  private final Inbound call;
  private final List<Message> unanswered = new ArrayList<>();
  private StreamResponseDefinition definition = StreamResponseDefinition.getDefaultInstance();
  private boolean began;
  private boolean fullDuplex;
  private int sent;

  Replies(Inbound call) {
    this.call = call;
  }

  void received(ServerStreamRequest request) {
    begin(request.getResponseDefinition());
    call.sendHeadersNow();
    unanswered.add(request);
  }

  void received(BidiStreamRequest request) {
    if (!began) {
      begin(request.getResponseDefinition());
      fullDuplex = request.getFullDuplex();
      if (fullDuplex) {
        call.sendHeadersNow();
      }
    }
    unanswered.add(request);
  }

  private void begin(StreamResponseDefinition given) {
    began = true;
    definition = given;
    call.answer(given.getResponseHeadersList(), given.getResponseTrailersList());
  }

  /** Whether each request is answered as it comes. */
  boolean isFullDuplex() {
    return fullDuplex;
  }

  boolean hasNext() {
    return sent < definition.getResponseDataCount();
  }

  /** How long to wait before each payload. */
  int delayMs() {
    return definition.getResponseDelayMs();
  }

  /** The next payload. The first says all about the request. */
  ConformancePayload next() {
    ConformancePayload.Builder payload =
        ConformancePayload.newBuilder().setData(definition.getResponseData(sent));
    if (sent == 0) {
      payload.setRequestInfo(call.info(unanswered));
    } else if (!unanswered.isEmpty()) {
      payload.setRequestInfo(Inbound.requestsOnly(unanswered));
    }
    unanswered.clear();
    sent++;
    return payload.build();
  }

  /** What ends the call after the last payload; null for a good end. */
  @Nullable StatusRuntimeException failure() {
    return definition.hasError()
        ? Failures.of(definition.getError(), sent == 0 ? call.info(unanswered) : null)
        : null;
  }

  /** The one answer of a method that has one. */
  static ConformancePayload one(UnaryResponseDefinition definition, RequestInfo info) {
    if (definition.hasError()) {
      throw Failures.of(definition.getError(), info);
    }
    return ConformancePayload.newBuilder()
        .setData(definition.getResponseData())
        .setRequestInfo(info)
        .build();
  }
}
