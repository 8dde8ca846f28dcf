/** What users of the platform call. */
@NullMarked
package io.fairlead.samples.aiplatform.gateway;

import org.jspecify.annotations.NullMarked;
