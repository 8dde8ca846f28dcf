package io.fairlead.samples.scaling;

import io.fairlead.Source;
import io.fairlead.admin.AdminService;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.samples.scaling.photos.Photo;
import io.fairlead.samples.scaling.photos.Photos;
import io.fairlead.samples.scaling.photos.PhotosRpc;
import io.fairlead.samples.scaling.photos.ResizeRequest;
import io.fairlead.samples.scaling.photos.ShowRequest;
import io.fairlead.samples.scaling.photos.Slide;
import io.fairlead.scaling.LoadReporter;
import io.fairlead.server.RpcServer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Semaphore;

/** One instance, as its own process: {@code PhotoServer ID ETCD_URL}. */
final class PhotoServer implements Photos {
  private static final int WARM_UP_CALLS = 50;

  private final String id;

  /** What makes it carry 200 calls a second and no more. */
  private final Semaphore workers = new Semaphore(4, true);

  private PhotoServer(String id) {
    this.id = id;
  }

  @Override
  public Photo resize(ResizeRequest request) {
    workers.acquireUninterruptibly();
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      workers.release();
    }
    return Photo.newBuilder().setServedBy(id).build();
  }

  @Override
  public Source<Slide> show(ShowRequest request) {
    return Source.from(
        out -> {
          for (int number = 1; number <= request.getSlides(); number++) {
            out.send(Slide.newBuilder().setNumber(number).setServedBy(id).build());
            Thread.sleep(200);
          }
        });
  }

  /** Its own first calls are slow; its clients' are not, as they come afterwards. */
  private static void warmUp(int port) {
    try (RpcChannel self =
        RpcChannel.to("127.0.0.1:" + port)
            .balancing(BalancingOptions.builder().withoutHealth().build())
            .build()) {
      Photos photos = PhotosRpc.client(self);
      for (int i = 0; i < WARM_UP_CALLS; i++) {
        Photo unused = photos.resize(ResizeRequest.getDefaultInstance());
      }
    }
  }

  public static void main(String[] args) throws InterruptedException {
    String id = args[0];
    LoadReporter reporter = LoadReporter.builder().minInterval(Duration.ofMillis(500)).build();
    AdminService admin = AdminService.create();
    try (EtcdRegistry registry =
            EtcdRegistry.builder().endpoints(args[1]).ttl(Duration.ofSeconds(2)).connect();
        RpcServer server =
            RpcServer.builder(Scaling.SERVICE)
                .id(id)
                .host("127.0.0.1")
                .advertise("127.0.0.1")
                .allowLoopback()
                .service(PhotosRpc.bind(new PhotoServer(id)))
                .service(reporter)
                .observer(reporter)
                .intercept(reporter.waited())
                .service(admin)
                .observer(admin)
                .authorizer(
                    Secret.authorizer(Objects.requireNonNull(System.getenv(Secret.VARIABLE))))
                .registry(registry)
                .warmUp(PhotoServer::warmUp)
                .timeouts(t -> t.deregistrationDelay(Duration.ofSeconds(1)))
                .shutdownHook()
                .start()) {
      admin.watch(server);
      server.awaitClosed();
    }
  }
}
