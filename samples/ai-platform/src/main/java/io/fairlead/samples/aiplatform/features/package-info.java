/** Turns pixels into what a model reads. */
@NullMarked
package io.fairlead.samples.aiplatform.features;

import org.jspecify.annotations.NullMarked;
