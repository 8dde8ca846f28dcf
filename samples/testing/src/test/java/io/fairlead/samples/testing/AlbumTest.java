package io.fairlead.samples.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.samples.testing.photos.Photo;
import io.fairlead.samples.testing.photos.Thumbnail;
import io.fairlead.samples.testing.photos.Thumbnails;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A unit test: no server, no channel, no mock. A fake is one more implementation. */
class AlbumTest {
  private final Thumbnails fake =
      new Thumbnails() {
        @Override
        public Thumbnail make(Photo photo) {
          return Thumbnail.newBuilder().setUrl("/small/" + photo.getName()).build();
        }
      };

  @Test
  void picturesComeInTheOrderOfThePhotos() {
    assertThat(new Album(fake).pictures(List.of("cat", "dog")))
        .containsExactly("/small/cat", "/small/dog");
  }
}
