package io.fairlead.bench.soak;

import io.fairlead.CallSettings;
import io.fairlead.Pipe;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import shop.v1.ImportSummary;
import shop.v1.Inventory;
import shop.v1.InventoryAsync;
import shop.v1.InventoryGrpc;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;
import shop.v1.StockLevel;
import shop.v1.WatchRequest;

/** One thread that makes calls of every kind in a random order, and checks each answer. */
final class Caller implements Runnable {
  /** What a restart, a limit or the call's own deadline may answer. */
  private static final Set<Status.Code> EXPLAINED =
      Set.of(
          Status.Code.UNAVAILABLE,
          Status.Code.RESOURCE_EXHAUSTED,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.CANCELLED);

  private static final int MESSAGES = 50;

  private final Tally tally;
  private final Random random;
  private final BooleanSupplier goesOn;
  private final Inventory patient;
  private final Inventory hurried;
  private final InventoryAsync async;
  private final InventoryGrpc.InventoryBlockingStub stock;
  private long number;

  Caller(RpcChannel channel, Tally tally, long seed, BooleanSupplier goesOn) {
    this.tally = tally;
    this.random = new Random(seed);
    this.goesOn = goesOn;
    this.number = seed << 40;
    Channel patientView = view(channel, Duration.ofSeconds(60));
    this.patient = InventoryRpc.client(patientView);
    this.async = InventoryRpc.asyncClient(patientView);
    this.stock = InventoryGrpc.newBlockingStub(patientView);
    this.hurried = InventoryRpc.client(view(channel, Duration.ofMillis(20)));
  }

  private Channel view(RpcChannel channel, Duration deadline) {
    return ClientInterceptors.intercept(
        channel.with(CallSettings.builder().deadline(deadline).build()), tally);
  }

  @Override
  public void run() {
    while (goesOn.getAsBoolean()) {
      try {
        one(random.nextInt(11));
      } catch (StatusRuntimeException e) {
        if (!EXPLAINED.contains(e.getStatus().getCode())) {
          tally.wrong("a failure that nothing explains: " + e);
        }
      } catch (RuntimeException | InterruptedException e) {
        tally.wrong("a failure of the caller: " + e + " at " + List.of(e.getStackTrace()));
      }
    }
  }

  private void one(int kind) throws InterruptedException {
    switch (kind) {
      case 0, 1 -> reserve(patient);
      case 2 -> missesItsDeadline();
      case 3 -> reserveAsync();
      case 4 -> cancels();
      case 5 -> reads(MESSAGES);
      case 6 -> leavesEarly();
      case 7 -> uploads();
      case 8 -> talks();
      case 9 -> cancelsAStreamFromElsewhere();
      default -> reserveStock();
    }
  }

  private ReserveRequest request(String sku) {
    return ReserveRequest.newBuilder().setSku(sku).setOrderId(Long.toString(++number)).build();
  }

  private void check(ReserveRequest asked, Reservation answer) {
    if (!answer.getId().equals(asked.getOrderId())) {
      tally.wrong("asked for " + asked.getOrderId() + ", answered " + answer.getId());
    }
  }

  private void reserve(Inventory inventory) {
    ReserveRequest asked = request("kettle");
    check(asked, inventory.reserve(asked));
  }

  private void missesItsDeadline() {
    try {
      Reservation early = hurried.reserve(request(Warehouse.SLOW));
      tally.wrong("answered before its time: " + early);
    } catch (StatusRuntimeException e) {
      if (!EXPLAINED.contains(e.getStatus().getCode())) {
        throw e;
      }
    }
  }

  private void reserveStock() {
    ReserveRequest asked = request("kettle");
    check(asked, stock.reserve(asked));
  }

  private void reserveAsync() {
    ReserveRequest asked = request("kettle");
    try {
      check(asked, async.reserve(asked).toCompletableFuture().join());
    } catch (CompletionException e) {
      if (e.getCause() instanceof StatusRuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  private void cancels() {
    CompletableFuture<Reservation> call =
        async.reserve(request(Warehouse.SLOW)).toCompletableFuture();
    if (random.nextBoolean()) {
      // So that some calls have left when they are cancelled, and some have not.
      LockSupport.parkNanos(1_000_000);
    }
    call.cancel(true);
    try {
      tally.wrong("answered after it was cancelled: " + call.join());
    } catch (CancellationException expected) {
      // Whichever it was, it is over.
      return;
    } catch (CompletionException e) {
      if (e.getCause() instanceof StatusRuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  private Source<StockLevel> watch(int messages) {
    return patient.watch(WatchRequest.newBuilder().addSkus(Integer.toString(messages)).build());
  }

  private void reads(int messages) {
    try (Source<StockLevel> levels = watch(messages)) {
      long next = 0;
      for (StockLevel level : levels) {
        if (level.getQuantity() != next++) {
          tally.wrong("message " + (next - 1) + " of a stream was " + level.getQuantity());
        }
      }
      if (next != messages) {
        tally.wrong("a stream of " + messages + " ended whole after " + next);
      }
    }
  }

  private void leavesEarly() {
    try (Source<StockLevel> levels = watch(1_000_000)) {
      for (int i = 0; i < 5; i++) {
        levels.read();
      }
    }
  }

  /** Whether it came to anything shows in the tally: the call must be told its end, once. */
  private void cancelsAStreamFromElsewhere() throws InterruptedException {
    LeavingReader reader = new LeavingReader();
    Thread elsewhere = new Thread(reader, "leaving-reader");
    elsewhere.start();
    async.watch(WatchRequest.newBuilder().addSkus("1000000").build()).subscribe(reader);
    elsewhere.join();
  }

  private void uploads() {
    List<StockLevel> levels = new ArrayList<>();
    for (int i = 0; i < MESSAGES; i++) {
      levels.add(StockLevel.newBuilder().setQuantity(i).build());
    }
    ImportSummary summary = patient.import_(Source.from(levels));
    if (summary.getAccepted() != MESSAGES) {
      tally.wrong("of " + MESSAGES + " messages " + summary.getAccepted() + " came");
    }
  }

  private void talks() throws InterruptedException {
    try (Pipe<StockLevel> questions = Source.pipe();
        Source<StockLevel> answers = patient.sync(questions.source())) {
      for (int i = 0; i < 10; i++) {
        questions.send(StockLevel.newBuilder().setQuantity(i).build());
        StockLevel answer = answers.read();
        if (answer == null || answer.getQuantity() != i + 1) {
          tally.wrong("question " + i + " was answered with " + answer);
        }
      }
      questions.complete();
      if (answers.read() != null) {
        tally.wrong("an answer without a question");
      }
    }
  }
}
