package io.fairlead.observe.internal;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.fairlead.observe.CallExplanation;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a status on its way from grpc-java to the caller, in this order:
 *
 * <ol>
 *   <li>{@link #name}, of each attempt, when its stream closes. An attempt that passed its own time
 *       limit gets the status of that limit instead. Load, breakers and retries see the status from
 *       here on.
 *   <li>{@link #clarify}, of a call that this side failed, when it is over. The reporter of
 *       outcomes does it, and says of a missed deadline which one that was. Observers see this one.
 *   <li>{@link #explain}, of the same calls, for the caller alone.
 * </ol>
 *
 * <p>A status that the other side sent is left as it came: callers compare it. Generated clients
 * also run over channels that are not ours; their listeners check the number of responses there.
 */
public final class StatusRewriter {
  private static final String TOO_LARGE = "gRPC message exceeds maximum size ";
  private static final String UNREADABLE = "the response cannot be read";
  private static final Status NO_RESPONSE =
      Status.UNIMPLEMENTED.withDescription("the server answered OK without a response");
  private static final Status TOO_MANY_RESPONSES =
      Status.UNIMPLEMENTED.withDescription("the server sent more than one response");

  private StatusRewriter() {}

  /**
   * Names what grpc-java does not: a connection that was lost, a response that cannot be read, the
   * wrong number of responses. All of them speak against the endpoint. A deadline that has passed
   * here loses grpc-java's text, which names its own options: the outcome of the call says which
   * deadline it was. What an interceptor or call credentials say of one is kept.
   *
   * @param responses how many came; 1 where any number is right
   * @param local whether the other side sent no status
   */
  static Status name(Status status, int responses, boolean local) {
    return switch (status.getCode()) {
      case OK -> responses == 1 ? status : responses == 0 ? NO_RESPONSE : TOO_MANY_RESPONSES;
      // A second response has made the caller cancel the call, if the end had not come by then.
      case CANCELLED -> responses > 1 ? TOO_MANY_RESPONSES : nameUnreadable(status);
      case UNKNOWN -> nameLostConnection(status);
      case DEADLINE_EXCEEDED ->
          local && isDeadlineOfGrpc(status.getDescription()) ? Status.DEADLINE_EXCEEDED : status;
      default -> status;
    };
  }

  /** Returns whether grpc-java says so of the deadline of a call, or of its context. */
  private static boolean isDeadlineOfGrpc(@Nullable String said) {
    return said != null
        && ((said.contains(" deadline ") && said.contains(" exceeded "))
            || said.equals("context timed out"));
  }

  /**
   * Names a write to a connection that has just gone. grpc-java says UNKNOWN where it has not heard
   * yet why it went, e.g. for a server killed at this moment; it is what UNAVAILABLE is for. What
   * came over the wire never has a cause.
   */
  private static Status nameLostConnection(Status status) {
    return status.getCause() instanceof ClosedChannelException
        ? Status.UNAVAILABLE.withDescription("the connection was lost").withCause(status.getCause())
        : status;
  }

  /**
   * Names a response that its marshaller refused. grpc-java cancels such a call, as if its caller
   * had left. It says the same of a listener that throws; that is not the endpoint's fault.
   */
  private static Status nameUnreadable(Status status) {
    Throwable cause = status.getCause();
    if (cause == null || !"Failed to read message.".equals(status.getDescription())) {
      return status;
    }
    Status refused = Status.fromThrowable(cause);
    if (refused.getCode() == Status.Code.RESOURCE_EXHAUSTED
        && isTooLarge(refused.getDescription())) {
      return refused; // it unpacks to more than the limit
    }
    return isOfMarshaller(cause)
        ? Status.INTERNAL.withDescription(UNREADABLE).withCause(cause)
        : status;
  }

  private static boolean isOfMarshaller(@Nullable Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < 20; depth++) {
      if (cause instanceof UnreadableResponseException
          || cause instanceof InvalidProtocolBufferException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  /** Adds the way out to what is said of a failure on this side. */
  public static Status clarify(Status status, MethodDescriptor<?, ?> method) {
    String said = status.getDescription();
    if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED && isTooLarge(said)) {
      return status.withDescription(
          "the response is too large: "
              + said
              + "; raise maxResponseBytes, or answer with a stream of parts");
    }
    return status.getCode() == Status.Code.INTERNAL && UNREADABLE.equals(said)
        ? status.withDescription(unreadable(method))
        : status;
  }

  private static String unreadable(MethodDescriptor<?, ?> method) {
    return UNREADABLE
        + " as "
        + typeOf(method.getResponseMarshaller())
        + "; the types of this method differ between client and server: here it takes "
        + typeOf(method.getRequestMarshaller())
        + " and returns "
        + typeOf(method.getResponseMarshaller())
        + ", so generate both sides from one contract";
  }

  private static String typeOf(MethodDescriptor.Marshaller<?> marshaller) {
    if (!(marshaller instanceof MethodDescriptor.PrototypeMarshaller<?> typed)) {
      return "what " + marshaller.getClass().getName() + " reads";
    }
    Object prototype = typed.getMessagePrototype();
    return prototype instanceof Message message
        ? message.getDescriptorForType().getFullName()
        : typed.getMessageClass().getName();
  }

  private static boolean isTooLarge(@Nullable String said) {
    return said != null && said.contains(TOO_LARGE);
  }

  /** Returns a status whose description is enough by itself, for a failure found by this side. */
  public static Status explain(CallExplanation explanation, Status status) {
    if (!explanation.local()) {
      return status;
    }
    String said = status.getDescription();
    return status.withDescription(
        said == null ? explanation.headline() : said + "; " + explanation.headlineAfter(said));
  }
}
