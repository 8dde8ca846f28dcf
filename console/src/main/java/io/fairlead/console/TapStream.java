package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.Duration;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.TapRequest;
import io.fairlead.management.EventStream;
import io.fairlead.management.WebException;
import io.fairlead.management.WebExchange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Calls of several processes as they end, until the viewer leaves. */
final class TapStream {
  /** Each process has room for eight taps, and sends up to 100 calls a second. */
  private static final int MAX_PROCESSES = 50;

  private static final int WAITING = 1_000;

  private final Processes processes;

  TapStream(Processes processes) {
    this.processes = processes;
  }

  /** A call, or why a process sends none any more. */
  private record Event(String process, @Nullable Call call, @Nullable Problem problem) {}

  /** Sends events until the viewer leaves, or the console is closed. */
  void handle(WebExchange exchange, ViewRequest request, BooleanSupplier isClosed)
      throws IOException, InterruptedException {
    TapRequest question = question(request);
    Collection<String> all = request.addresses();
    List<String> addresses = all.stream().limit(MAX_PROCESSES).toList();
    BlockingQueue<Event> queue = new ArrayBlockingQueue<>(WAITING);
    List<Subscriber> subscribers = new ArrayList<>();
    try (EventStream events = exchange.events()) {
      events.send("page", page(request, all.size(), addresses.size()).toString());
      for (String address : addresses) {
        Subscriber subscriber = new Subscriber(request.nameOf(address), address, queue);
        subscribers.add(subscriber);
        subscriber.open(processes, request.viewer(), question);
      }
      while (!isClosed.getAsBoolean()) {
        Event event = queue.poll(1, TimeUnit.SECONDS);
        if (event == null) {
          events.ping();
        } else if (event.call() != null) {
          events.send("call", CallsView.json(event.process(), event.call()).toString());
        } else if (event.problem() != null) {
          events.send("problem", event.problem().text());
        }
      }
    } finally {
      subscribers.forEach(Subscriber::cancel);
    }
  }

  private static JsonObject page(ViewRequest request, int all, int tapped) {
    JsonObject page = new JsonObject();
    page.addProperty("view", "tap");
    page.addProperty("method", request.parameter("method"));
    page.addProperty("failed", request.parameter("failed").equals("true"));
    page.addProperty("slow", request.parameter("slow"));
    page.add("calls", new JsonArray());
    List<Problem> problems = request.problems();
    if (tapped < all) {
      problems.add(
          new Problem(
              503,
              "only %d of %d processes are tapped; name one with process=NAME"
                  .formatted(tapped, all)));
    }
    View.addProblems(page, request, problems);
    return page;
  }

  private static TapRequest question(ViewRequest request) {
    TapRequest.Builder question =
        TapRequest.newBuilder()
            .setMethod(request.parameter("method"))
            .setFailed(request.parameter("failed").equals("true"))
            .setReason(request.parameter("reason"));
    String slow = request.parameter("slow");
    if (!slow.isEmpty()) {
      if (!slow.matches("[0-9]{1,6}")) {
        throw new WebException(400, "slow \"" + slow + "\" is not a number of milliseconds");
      }
      int millis = Integer.parseInt(slow);
      question.setAtLeast(
          Duration.newBuilder().setSeconds(millis / 1_000).setNanos(millis % 1_000 * 1_000_000));
    }
    return question.build();
  }

  /** Hands on the calls of one process; those for which there is no room are counted. */
  private static final class Subscriber implements Flow.Subscriber<Call> {
    private final String name;
    private final String address;
    private final BlockingQueue<Event> queue;
    private final AtomicLong lost = new AtomicLong();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean cancelled;

    Subscriber(String name, String address, BlockingQueue<Event> queue) {
      this.name = name;
      this.address = address;
      this.queue = queue;
    }

    void open(Processes processes, Viewer viewer, TapRequest question) {
      try {
        processes.admin(address, viewer, null).tap(question).subscribe(this);
      } catch (RuntimeException e) {
        onError(e);
      }
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(Long.MAX_VALUE);
      if (cancelled) {
        given.cancel();
      }
    }

    @Override
    public void onNext(Call call) {
      Call sent = call.toBuilder().setLost(call.getLost() + lost.getAndSet(0)).build();
      if (!queue.offer(new Event(name, sent, null))) {
        lost.addAndGet(1 + sent.getLost());
      }
    }

    @Override
    public void onError(Throwable failure) {
      boolean unused = queue.offer(new Event(name, null, Problem.of(address, failure)));
    }

    @Override
    public void onComplete() {
      boolean unused =
          queue.offer(new Event(name, null, new Problem(503, address + " has ended the tap")));
    }

    void cancel() {
      cancelled = true;
      Flow.Subscription given = subscription;
      if (given != null) {
        given.cancel();
      }
    }
  }
}
