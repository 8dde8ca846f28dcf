package io.fairlead.interop.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.fairlead.CallSettings;
import io.fairlead.Pipe;
import io.fairlead.ResponseCapture;
import io.fairlead.RpcException;
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
import io.fairlead.interop.depot.StoreReply;
import io.fairlead.interop.depot.StoreRequest;
import io.fairlead.interop.depot.Summary;
import io.fairlead.observe.StatusOrigin;
import io.fairlead.testkit.FaultyProxy;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** A client of ours for the contract: each method is one case. */
final class DepotCaller implements AutoCloseable {
  private static final String MESSAGE = "7 % of \t the shelf: größer als 世界";
  private static final int LARGE = 8 << 20;
  private static final Metadata.Key<String> TEXT =
      Metadata.Key.of("depot-text", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> TRACE =
      Metadata.Key.of("depot-trace-bin", Metadata.BINARY_BYTE_MARSHALLER);
  private static final List<String> TEXTS =
      List.of("first one", "second, with a comma", "~!@#$%^&*()");

  private final String target;
  private final RpcChannel channel;
  private final Depot depot;

  private DepotCaller(String target) {
    this.target = target;
    this.channel = RpcChannel.to(target).build();
    this.depot = DepotRpc.client(channel);
  }

  static DepotCaller to(String target) {
    return new DepotCaller(target);
  }

  String target() {
    return target;
  }

  @Override
  public void close() {
    channel.close();
  }

  private Depot with(CallSettings.Builder settings) {
    return DepotRpc.client(channel.with(settings.build()));
  }

  private Depot within(Duration limit) {
    return with(CallSettings.builder().deadline(limit));
  }

  void unary() {
    StoreReply reply = depot.store(StoreRequest.newBuilder().setText("Grüße, 世界").build());
    assertThat(reply.getText()).isEqualTo("Grüße, 世界");
  }

  private static Item item(long number) {
    return Item.newBuilder().setNumber(number).build();
  }

  private static List<Long> numbers(Source<Item> items) {
    return items.stream().map(Item::getNumber).toList();
  }

  void serverStreaming() {
    assertThat(numbers(depot.list(ListRequest.newBuilder().setCount(1000).build())))
        .isEqualTo(LongStream.range(0, 1000).boxed().toList());
  }

  void clientStreaming() {
    Summary summary =
        depot.deliver(Source.from(LongStream.range(0, 1000).mapToObj(DepotCaller::item)));
    assertThat(summary).isEqualTo(Summary.newBuilder().setCount(1000).setTotal(499500).build());
  }

  void bidiStreaming() throws InterruptedException {
    try (Pipe<Item> requests = Source.pipe();
        Source<Item> answers = depot.exchange(requests.source())) {
      for (long number = 0; number < 100; number++) {
        requests.send(item(number));
        assertThat(answers.read()).isEqualTo(item(2 * number));
      }
      requests.complete();
      assertThat(answers.read()).isNull();
    }
  }

  void emptyStreams() {
    assertThat(depot.list(ListRequest.getDefaultInstance()).toList()).isEmpty();
    assertThat(depot.deliver(Source.of())).isEqualTo(Summary.getDefaultInstance());
    assertThat(depot.exchange(Source.of()).toList()).isEmpty();
  }

  private static List<byte[]> bins() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    return List.of(all, new byte[] {0}, new byte[] {-1, -2, -3});
  }

  private ResponseCapture echoed() {
    ResponseCapture capture = new ResponseCapture();
    CallSettings.Builder settings = CallSettings.builder().capture(capture);
    TEXTS.forEach(text -> settings.header(TEXT, text));
    bins().forEach(bytes -> settings.header(TRACE, bytes));
    StoreReply unused = with(settings).store(StoreRequest.getDefaultInstance());
    return capture;
  }

  private static <T> List<T> values(@Nullable Metadata metadata, Metadata.Key<T> key) {
    Iterable<T> values = Objects.requireNonNull(metadata).getAll(key);
    return values == null ? List.of() : StreamSupport.stream(values.spliterator(), false).toList();
  }

  private static void hasTexts(@Nullable Metadata metadata) {
    // Several text values may come as one, joined by commas.
    assertThat(String.join(",", values(metadata, TEXT)).replace(", ", ","))
        .isEqualTo(String.join(",", TEXTS).replace(", ", ","));
  }

  private static void hasBins(@Nullable Metadata metadata) {
    assertThat(values(metadata, TRACE)).usingRecursiveComparison().isEqualTo(bins());
  }

  void textMetadata() {
    hasTexts(echoed().headers());
  }

  void binaryMetadata() {
    hasBins(echoed().headers());
  }

  void trailers() {
    ResponseCapture capture = echoed();
    hasTexts(capture.trailers());
    hasBins(capture.trailers());
  }

  private static Failure wanted(Status.Code code) {
    return Failure.newBuilder()
        .setCode(code.value())
        .setMessage(MESSAGE)
        .setReason("SHELF_EMPTY")
        .setField("sku")
        .build();
  }

  private interface Call {
    void make() throws Exception;
  }

  private static RpcException fails(Call call) {
    RpcException failure = catchThrowableOfType(RpcException.class, call::make);
    assertThat(failure).as("how the call failed").isNotNull();
    return failure;
  }

  private static void describes(RpcException failure, Status.Code code) {
    assertThat(failure.code()).as(failure.explain()).isEqualTo(code);
    assertThat(failure.getStatus().getDescription()).isEqualTo(MESSAGE);
    assertThat(failure.origin()).isEqualTo(StatusOrigin.WIRE);
    assertThat(failure.detail(ErrorInfo.class))
        .contains(
            ErrorInfo.newBuilder()
                .setReason("SHELF_EMPTY")
                .setDomain("depot.example")
                .putMetadata("shelf", "7")
                .build());
    BadRequest request = failure.detail(BadRequest.class).orElseThrow();
    assertThat(request.getFieldViolations(0).getField()).isEqualTo("sku");
    assertThat(request.getFieldViolations(0).getDescription()).isEqualTo("is wrong");
  }

  void errorDetails() {
    Status.Code code = Status.Code.FAILED_PRECONDITION;
    StoreRequest request = StoreRequest.newBuilder().setFailure(wanted(code)).build();
    describes(fails(() -> depot.store(request)), code);
  }

  void streamError() {
    Status.Code code = Status.Code.ABORTED;
    ListRequest request = ListRequest.newBuilder().setCount(3).setFailure(wanted(code)).build();
    List<Item> items = new ArrayList<>();
    describes(fails(() -> depot.list(request).forEach(items::add)), code);
    assertThat(items).isEqualTo(IntStream.range(0, 3).mapToObj(DepotCaller::item).toList());
  }

  void deadlineSeen() {
    StoreRequest request = StoreRequest.getDefaultInstance();
    // The contract's, and a shorter one of the caller.
    assertThat(depot.store(request).getRemainingMs()).isBetween(30_001L, 60_000L);
    assertThat(within(Duration.ofSeconds(30)).store(request).getRemainingMs())
        .isBetween(1L, 30_000L);
  }

  private static HoldRequest newHold() {
    return HoldRequest.newBuilder().setId("java-" + UUID.randomUUID()).build();
  }

  private void released(HoldRequest request) {
    assertThat(depot.released(request)).isNotNull();
  }

  void deadlineExpires() {
    HoldRequest request = newHold();
    RpcException failure =
        fails(() -> within(Duration.ofSeconds(2)).hold(request).forEach(item -> {}));
    assertThat(failure.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    released(request);
  }

  void cancellation() {
    HoldRequest request = newHold();
    try (Source<Item> items = depot.hold(request)) {
      assertThat(items.read()).isEqualTo(item(0));
    }
    released(request);
  }

  private static void transfer(Depot depot, boolean packed, int size) {
    ByteString payload = DepotService.Payload.of(size);
    StoreRequest request =
        StoreRequest.newBuilder().setPayload(payload).setReplyBytes(size).build();
    StoreReply reply = packed ? depot.pack(request) : depot.store(request);
    assertThat(reply.getPayload().equals(payload)).as("the payload came back").isTrue();
    assertThat(reply.getPayloadSum()).isEqualTo(DepotService.Payload.sum(payload));
  }

  /** On a way that counts bytes; the contract says that Pack is compressed. */
  private long packed(FaultyProxy.Direction way) {
    int port = Integer.parseInt(target.substring(target.indexOf(':') + 1));
    try (FaultyProxy counting = FaultyProxy.to("127.0.0.1", port);
        RpcChannel own = RpcChannel.to(counting.authority()).build()) {
      transfer(DepotRpc.client(own), true, 1 << 20);
      return counting.bytes(way);
    }
  }

  void compression() {
    assertThat(packed(FaultyProxy.Direction.TO_SERVER)).isBetween(1L, ContractCase.PACKED);
  }

  void compressedReply() {
    assertThat(packed(FaultyProxy.Direction.TO_CLIENT)).isBetween(1L, ContractCase.PACKED);
  }

  void largeMessages() {
    transfer(depot, false, LARGE);
  }

  /** Through this server and the targets, the last of which is {@code last}. */
  void threeHops(List<String> targets, DepotCaller last) {
    ForwardRequest.Builder request = ForwardRequest.newBuilder().addAllTargets(targets);
    ForwardReply reply = within(Duration.ofSeconds(30)).forward(request.build());
    List<Long> left = reply.getLegsList().stream().map(Leg::getRemainingMs).toList();
    assertThat(left).hasSize(targets.size() + 1).allMatch(each -> each > 0 && each <= 30_000);
    assertThat(left).isSortedAccordingTo((a, b) -> Long.compare(b, a));

    HoldRequest held = newHold();
    request.setHoldId(held.getId());
    RpcException failure = fails(() -> within(Duration.ofSeconds(3)).forward(request.build()));
    assertThat(failure.code()).as(failure.explain()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    last.released(held);
  }

  void contractRetry() {
    RefillReply reply =
        depot.refill(
            RefillRequest.newBuilder().setId(UUID.randomUUID().toString()).setFailures(2).build());
    assertThat(reply)
        .isEqualTo(RefillReply.newBuilder().setAsked(3).setPreviousAttempts("2").build());
  }

  void contractDeadline() {
    HoldRequest request = newHold();
    long start = System.nanoTime();
    RpcException failure = fails(() -> depot.stall(request));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(2950));
    assertThat(failure.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    released(request);
  }
}
