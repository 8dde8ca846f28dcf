package io.fairlead.samples.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.junit5.FairleadExtension;
import io.fairlead.samples.testing.photos.Photo;
import io.fairlead.samples.testing.photos.Thumbnail;
import io.fairlead.samples.testing.photos.Thumbnails;
import io.fairlead.samples.testing.photos.ThumbnailsRpc;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An integration test: errors and retries as they are over a wire, the server found in an etcd. */
class AlbumWireTest {
  private static final AtomicInteger ASKED = new AtomicInteger();

  @RegisterExtension
  static final FairleadExtension FAIRLEAD =
      FairleadExtension.builder()
          .name("thumbnails")
          .etcd()
          .service(ThumbnailsRpc.bind(new Moody()))
          .build();

  private final Album album = new Album(ThumbnailsRpc.client(FAIRLEAD.channel()));

  /** Cannot read text, and is not there when it is asked for the first time. */
  private static final class Moody implements Thumbnails {
    @Override
    public Thumbnail make(Photo photo) {
      if (photo.getName().endsWith(".txt")) {
        throw Status.INVALID_ARGUMENT.withDescription("not a photo").asRuntimeException();
      }
      if (ASKED.incrementAndGet() == 1) {
        throw Status.UNAVAILABLE.asRuntimeException();
      }
      return Thumbnail.newBuilder().setUrl("/small/" + photo.getName()).build();
    }
  }

  @Test
  void theContractsRetryAndTheStandInBothWork() {
    assertThat(album.pictures(List.of("cat", "notes.txt")))
        .containsExactly("/small/cat", "/no-picture.png");
    assertThat(ASKED).hasValue(2);
  }
}
