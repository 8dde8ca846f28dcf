package io.fairlead;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.StatusOrigin;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A call that failed. It is a {@link StatusRuntimeException}, so code written for stock stubs
 * catches it.
 */
public final class RpcException extends StatusRuntimeException {
  private static final long serialVersionUID = 1;

  private final String method;
  private final StatusOrigin origin;
  private final boolean relayed;

  private RpcException(
      String method,
      Status status,
      @Nullable Metadata trailers,
      StatusOrigin origin,
      boolean relayed) {
    super(status, trailers);
    this.method = Objects.requireNonNull(method, "method");
    this.origin = Objects.requireNonNull(origin, "origin");
    this.relayed = relayed;
  }

  /**
   * Returns a failure of a call. Only the runtime calls this.
   *
   * @param method the full name of the method
   * @param origin where it arose, unless the explanation that the status carries knows better
   */
  public static RpcException of(
      String method, Status status, @Nullable Metadata trailers, StatusOrigin origin) {
    CallExplanation explanation = CallExplanation.ofTrailers(trailers);
    StatusOrigin known =
        explanation == null ? origin : explanation.local() ? StatusOrigin.LOCAL : StatusOrigin.WIRE;
    return new RpcException(method, status, trailers, known, false);
  }

  /**
   * What a handler throws to end its call with this status, and with typed details such as {@code
   * com.google.rpc.BadRequest}. The caller reads them with {@link #detail}.
   *
   * @throws IllegalArgumentException if the code is OK
   */
  public static StatusRuntimeException answer(
      Status.Code code, String description, Message... details) {
    if (code == Status.Code.OK) {
      throw new IllegalArgumentException("a failure cannot have the code OK: " + description);
    }
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder().setCode(code.value()).setMessage(description);
    for (Message detail : details) {
      status.addDetails(Any.pack(detail));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  /** Returns the full name of the method that was called. */
  public String method() {
    return method;
  }

  /** Returns the status code. */
  public Status.Code code() {
    return getStatus().getCode();
  }

  /** Returns where the failure arose. */
  public StatusOrigin origin() {
    return origin;
  }

  /** Returns the typed details that the server sent, if it did. */
  public Optional<com.google.rpc.Status> details() {
    Metadata trailers = getTrailers();
    return trailers == null
        ? Optional.empty()
        : Optional.ofNullable(StatusProto.fromStatusAndTrailers(getStatus(), trailers))
            .filter(status -> status.getDetailsCount() > 0);
  }

  /** Returns the first detail of a type, such as {@code com.google.rpc.BadRequest}. */
  public <T extends Message> Optional<T> detail(Class<T> type) {
    for (Any any : details().map(com.google.rpc.Status::getDetailsList).orElse(List.of())) {
      if (any.is(type)) {
        try {
          return Optional.of(any.unpack(type));
        } catch (InvalidProtocolBufferException e) {
          throw new IllegalStateException(
              method + " sent a detail that is no " + type.getName(), e);
        }
      }
    }
    return Optional.empty();
  }

  /** Returns what happened to the call, attempt by attempt, as far as this side knows. */
  public String explain() {
    return CallExplanation.of(this)
        .map(CallExplanation::text)
        .orElseGet(
            () -> getMessage() + " (no explanation: the call was not made through an RpcChannel)");
  }

  /**
   * Returns the same failure, to be thrown by a handler whose caller shall see it: code,
   * description and typed details go out, other trailers do not. Without this a handler's caller
   * sees INTERNAL, so that retries do not multiply.
   */
  public RpcException relay() {
    return new RpcException(method, getStatus(), getTrailers(), origin, true);
  }

  /** Returns whether {@link #relay} made this. */
  public boolean isRelayed() {
    return relayed;
  }

  /** Returns the method, what the status says, and the attempts in short. */
  @Override
  public String getMessage() {
    String text = String.valueOf(super.getMessage());
    CallExplanation explanation = CallExplanation.ofTrailers(getTrailers());
    if (explanation != null) {
      String headline = explanation.headlineAfter(explanation.outcome().description());
      return text.contains(headline) ? text : text + "; " + headline;
    }
    return text.contains(method) ? text : method + ": " + text;
  }
}
