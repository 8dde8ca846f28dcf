package io.fairlead.interop.contract;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.fairlead.CallContext;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.interop.depot.Depot;
import io.fairlead.interop.depot.DepotRpc;
import io.fairlead.interop.depot.Failure;
import io.fairlead.interop.depot.ForwardReply;
import io.fairlead.interop.depot.ForwardRequest;
import io.fairlead.interop.depot.HoldRequest;
import io.fairlead.interop.depot.Item;
import io.fairlead.interop.depot.Leg;
import io.fairlead.interop.depot.ListRequest;
import io.fairlead.interop.depot.RefillReply;
import io.fairlead.interop.depot.RefillRequest;
import io.fairlead.interop.depot.ReleasedReply;
import io.fairlead.interop.depot.StoreReply;
import io.fairlead.interop.depot.StoreRequest;
import io.fairlead.interop.depot.Summary;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;

/** Our implementation of the contract. */
final class DepotService implements Depot, AutoCloseable {
  private static final Metadata.Key<String> TEXT =
      Metadata.Key.of("depot-text", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> TRACE =
      Metadata.Key.of("depot-trace-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private final String name;
  private final UnaryOperator<RpcChannel.Builder> forward;
  private final Map<String, CompletableFuture<Void>> ended = new ConcurrentHashMap<>();
  private final Map<String, Integer> asked = new ConcurrentHashMap<>();
  private final Map<String, RpcChannel> channels = new ConcurrentHashMap<>();

  /**
   * Makes one.
   *
   * @param forward gives the channels to other servers their settings
   */
  DepotService(String name, UnaryOperator<RpcChannel.Builder> forward) {
    this.name = name;
    this.forward = forward;
  }

  @Override
  public StoreReply store(StoreRequest request) {
    CallContext call = CallContext.current();
    copy(call.headers(), call.responseHeaders());
    copy(call.headers(), call.responseTrailers());
    if (request.hasFailure()) {
      throw failure(request.getFailure());
    }
    return StoreReply.newBuilder()
        .setServer(name)
        .setText(request.getText())
        .setPayload(Payload.of(request.getReplyBytes()))
        .setPayloadSum(Payload.sum(request.getPayload()))
        .setRemainingMs(remaining())
        .build();
  }

  private static void copy(Metadata from, Metadata to) {
    copy(TEXT, from, to);
    copy(TRACE, from, to);
  }

  private static <T> void copy(Metadata.Key<T> key, Metadata from, Metadata to) {
    Iterable<T> values = from.getAll(key);
    if (values != null) {
      values.forEach(value -> to.put(key, value));
    }
  }

  private static StatusRuntimeException failure(Failure wanted) {
    BadRequest.FieldViolation violation =
        BadRequest.FieldViolation.newBuilder()
            .setField(wanted.getField())
            .setDescription("is wrong")
            .build();
    ErrorInfo info =
        ErrorInfo.newBuilder()
            .setReason(wanted.getReason())
            .setDomain("depot.example")
            .putMetadata("shelf", "7")
            .build();
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(wanted.getCode())
            .setMessage(wanted.getMessage())
            .addDetails(Any.pack(info))
            .addDetails(Any.pack(BadRequest.newBuilder().addFieldViolations(violation).build()))
            .build());
  }

  private static long remaining() {
    return CallContext.current().remaining().map(left -> left.toMillis()).orElse(-1L);
  }

  @Override
  public StoreReply pack(StoreRequest request) {
    return store(request);
  }

  @Override
  public Source<Item> list(ListRequest request) {
    return Source.from(
        out -> {
          for (long number = 0; number < request.getCount(); number++) {
            out.send(Item.newBuilder().setNumber(number).build());
          }
          if (request.hasFailure()) {
            throw failure(request.getFailure());
          }
        });
  }

  @Override
  public Summary deliver(Source<Item> items) {
    long[] numbers = items.stream().mapToLong(Item::getNumber).toArray();
    return Summary.newBuilder()
        .setCount(numbers.length)
        .setTotal(LongStream.of(numbers).sum())
        .build();
  }

  @Override
  public Source<Item> exchange(Source<Item> items) {
    return items.map(item -> Item.newBuilder().setNumber(2 * item.getNumber()).build());
  }

  @Override
  public Source<Item> hold(HoldRequest request) {
    CompletableFuture<Void> end = endOfThisCall(request.getId());
    return Source.from(
        out -> {
          out.send(Item.getDefaultInstance());
          end.get();
        });
  }

  @Override
  public Item stall(HoldRequest request) {
    throw held(request.getId());
  }

  private StatusRuntimeException held(String id) {
    endOfThisCall(id).join();
    return Status.CANCELLED.withDescription(id + " has ended").asRuntimeException();
  }

  private CompletableFuture<Void> endOfThisCall(String id) {
    CompletableFuture<Void> end = end(id);
    CallContext.current().onCancel(() -> end.complete(null));
    return end;
  }

  /** It may be asked for before the call has begun. */
  private CompletableFuture<Void> end(String id) {
    return ended.computeIfAbsent(id, unused -> new CompletableFuture<>());
  }

  @Override
  public ReleasedReply released(HoldRequest request) {
    try {
      end(request.getId()).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Status.CANCELLED.withCause(e).asRuntimeException();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
    return ReleasedReply.getDefaultInstance();
  }

  @Override
  public ForwardReply forward(ForwardRequest request) {
    Leg here = Leg.newBuilder().setServer(name).setRemainingMs(remaining()).build();
    if (request.getTargetsCount() > 0) {
      ForwardRequest next =
          ForwardRequest.newBuilder()
              .addAllTargets(request.getTargetsList().subList(1, request.getTargetsCount()))
              .setHoldId(request.getHoldId())
              .build();
      RpcChannel channel =
          channels.computeIfAbsent(
              request.getTargets(0), to -> forward.apply(RpcChannel.to(to)).build());
      ForwardReply reply = DepotRpc.client(channel).forward(next);
      return ForwardReply.newBuilder().addLegs(here).addAllLegs(reply.getLegsList()).build();
    }
    if (!request.getHoldId().isEmpty()) {
      throw held(request.getHoldId());
    }
    return ForwardReply.newBuilder().addLegs(here).build();
  }

  @Override
  public RefillReply refill(RefillRequest request) {
    int times = asked.merge(request.getId(), 1, Integer::sum);
    if (times <= request.getFailures()) {
      throw Status.UNAVAILABLE.withDescription("asked " + times + " times").asRuntimeException();
    }
    return RefillReply.newBuilder()
        .setAsked(times)
        .setPreviousAttempts(CallContext.current().header("grpc-previous-rpc-attempts").orElse(""))
        .build();
  }

  /** Closes the channels that it forwarded over. */
  @Override
  public void close() {
    channels.values().forEach(RpcChannel::close);
  }

  /** Bytes that both ends can make for themselves. */
  static final class Payload {
    private Payload() {}

    static ByteString of(int size) {
      byte[] bytes = new byte[size];
      for (int i = 0; i < size; i++) {
        bytes[i] = (byte) (i % 251);
      }
      return ByteString.copyFrom(bytes);
    }

    static long sum(ByteString payload) {
      long sum = 0;
      for (int i = 0; i < payload.size(); i++) {
        sum += payload.byteAt(i) & 0xff;
      }
      return sum;
    }
  }
}
