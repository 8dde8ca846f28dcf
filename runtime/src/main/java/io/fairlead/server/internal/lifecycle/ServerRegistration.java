package io.fairlead.server.internal.lifecycle;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.Registration;
import io.fairlead.discovery.Registry;
import io.fairlead.discovery.Watch;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * This server's entry in a registry, with a timeout on every wait.
 *
 * <p>A registry is a foreign system that may hang. So its calls that may block run on a thread of
 * their own, and a server starts and stops in bounded time whatever the registry does. Registration
 * that was not confirmed in time continues in the background.
 */
final class ServerRegistration {
  private final Registration registration;

  /** Asked for each update, so that the last one says what holds then. */
  private final BooleanSupplier draining;

  /**
   * What an operator has set, or null for the weight of the registration. Part of each update, as a
   * registry may apply an update later than the next one is made.
   */
  @GuardedBy("this")
  private @Nullable Integer weight;

  private ServerRegistration(Registration registration, BooleanSupplier draining) {
    this.registration = registration;
    this.draining = draining;
  }

  /**
   * Registers a server.
   *
   * @param draining whether the server is drained now
   */
  static ServerRegistration of(
      Registry registry, String service, Endpoint endpoint, BooleanSupplier draining) {
    return new ServerRegistration(registry.register(service, endpoint), draining);
  }

  Registration registration() {
    return registration;
  }

  /**
   * Returns whether the registry confirmed the entry in time. It goes on being tried in any case.
   */
  boolean awaitRegistered(Duration bound) {
    CountDownLatch registered = new CountDownLatch(1);
    Watch watch =
        registration.watch(
            status -> {
              if (status.state() == Registration.State.REGISTERED) {
                registered.countDown();
              }
            });
    try {
      return registered.await(bound.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      watch.close();
    }
  }

  /** Announces another weight; done when the registry has it. */
  synchronized CompletionStage<Void> setWeight(int value) {
    weight = value;
    return update();
  }

  /**
   * Announces the server as it is now; done when the registry has it.
   *
   * <p>Under the lock, so that two updates reach the registry in their order. A refusal is the
   * result of the stage, as health has changed by now.
   */
  synchronized CompletionStage<Void> update() {
    Endpoint.Builder endpoint =
        registration.endpoint().toBuilder().draining(draining.getAsBoolean());
    if (weight != null) {
      endpoint.weight(weight);
    }
    try {
      return registration.update(endpoint.build());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Reports that the endpoint is draining, and removes the entry.
   *
   * @return what went wrong, or an empty text
   */
  String deregister(Duration bound) {
    long end = System.nanoTime() + bound.toNanos();
    String loss = await("to accept the draining state", drain(), end);
    String second = await("to remove the entry", runInBackground(registration::close), end);
    return loss.isEmpty() ? second : loss;
  }

  /**
   * Closes a registry that the server opened.
   *
   * @return what went wrong, or an empty text
   */
  static String close(Registry owned, Duration bound) {
    return await("to close", runInBackground(owned::close), System.nanoTime() + bound.toNanos());
  }

  /** On a thread of its own: a registry that hangs must not keep the server from leaving. */
  private static CompletableFuture<Void> runInBackground(Runnable action) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread closer = new Thread(() -> complete(done, action), "fairlead-deregister");
    closer.setDaemon(true);
    closer.start();
    return done;
  }

  private CompletableFuture<Void> drain() {
    try {
      return registration.drain().toCompletableFuture();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static void complete(CompletableFuture<Void> done, Runnable action) {
    try {
      action.run();
      done.complete(null);
    } catch (RuntimeException | Error e) {
      done.completeExceptionally(e);
    }
  }

  private static String await(String what, CompletableFuture<Void> step, long end) {
    try {
      step.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      return "";
    } catch (TimeoutException e) {
      return "the registry took too long " + what;
    } catch (ExecutionException e) {
      return "the registry failed " + what + ": " + e.getCause();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted while the registry was " + what;
    }
  }
}
