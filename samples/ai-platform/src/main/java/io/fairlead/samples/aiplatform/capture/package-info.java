/** Where images come in, and where they are kept. */
@NullMarked
package io.fairlead.samples.aiplatform.capture;

import org.jspecify.annotations.NullMarked;
