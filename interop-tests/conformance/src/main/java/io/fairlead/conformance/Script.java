package io.fairlead.conformance;

import com.google.protobuf.Any;
import connectrpc.conformance.v1.ClientCompat.ClientCompatRequest;
import connectrpc.conformance.v1.ClientCompat.ClientCompatRequest.Cancel;
import connectrpc.conformance.v1.ClientCompat.ClientCompatRequest.Cancel.CancelTimingCase;
import connectrpc.conformance.v1.ClientCompat.ClientResponseResult;
import connectrpc.conformance.v1.ConfigOuterClass.StreamType;
import connectrpc.conformance.v1.Service.ConformancePayload;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** What a client does in one case: the suite's pseudocode for all five types of streams. */
final class Script {
  private final ClientCompatRequest wanted;
  private final Conversation call;
  private final ScheduledExecutorService timer;
  private final ClientResponseResult.Builder result = ClientResponseResult.newBuilder();

  private boolean over;

  Script(ClientCompatRequest wanted, Conversation call, ScheduledExecutorService timer) {
    this.wanted = wanted;
    this.call = call;
    this.timer = timer;
  }

  ClientResponseResult run() {
    try {
      if (sendAll()) {
        end();
      }
      boolean more = true;
      while (more) {
        more = receive();
      }
    } catch (Exception e) {
      result.setError(Failures.describe(e));
    }
    return result
        .addAllResponseHeaders(call.headers())
        .addAllResponseTrailers(call.trailers())
        .build();
  }

  /** False if the call ended before the requests did. */
  private boolean sendAll() throws Exception {
    StreamType type = wanted.getStreamType();
    boolean fullDuplex = type == StreamType.STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM;
    int sent = 0;
    try {
      for (Any request : wanted.getRequestMessagesList()) {
        // The suite asks for pauses; nothing is waited for.
        TimeUnit.MILLISECONDS.sleep(wanted.getRequestDelayMs());
        try {
          call.send(request);
        } catch (StatusRuntimeException | IllegalStateException e) {
          // The call has ended, and says itself how.
          return false;
        }
        sent++;
        if (fullDuplex && !receive()) {
          return false;
        }
      }
      return true;
    } finally {
      result.setNumUnsentRequests(wanted.getRequestMessagesCount() - sent);
    }
  }

  /** Ends the requests, and arranges for what follows. */
  private void end() throws Exception {
    Cancel cancel = wanted.getCancel();
    CancelTimingCase when = cancel.getCancelTimingCase();
    if (when == CancelTimingCase.BEFORE_CLOSE_SEND) {
      call.cancel();
      return;
    }
    call.finish();
    boolean afterClose =
        when == CancelTimingCase.AFTER_CLOSE_SEND_MS
            || when == CancelTimingCase.CANCELTIMING_NOT_SET;
    if (wanted.hasCancel() && afterClose) {
      var unused =
          timer.schedule(call::cancel, cancel.getAfterCloseSendMs(), TimeUnit.MILLISECONDS);
    }
  }

  /** False at a good end. */
  private boolean receive() throws Exception {
    ConformancePayload payload = over ? null : call.next();
    if (payload == null) {
      over = true;
      return false;
    }
    result.addPayloads(payload);
    if (result.getPayloadsCount() == wanted.getCancel().getAfterNumResponses()) {
      call.cancel();
    }
    return true;
  }
}
