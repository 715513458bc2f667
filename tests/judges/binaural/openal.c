/* Times OpenAL Soft's HRTF on its loopback device: SOURCES moving mono sources, BLOCK frames at a time.
   usage: openal SOURCES BLOCK SECONDS */
#include <AL/al.h>
#include <AL/alc.h>
#include <AL/alext.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_s(void) {
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return at.tv_sec + at.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    int count = atoi(argv[1]), block = atoi(argv[2]), seconds = atoi(argv[3]);
    LPALCLOOPBACKOPENDEVICESOFT open_loopback =
        (LPALCLOOPBACKOPENDEVICESOFT)alcGetProcAddress(NULL, "alcLoopbackOpenDeviceSOFT");
    LPALCRENDERSAMPLESSOFT render = (LPALCRENDERSAMPLESSOFT)alcGetProcAddress(NULL, "alcRenderSamplesSOFT");
    ALCdevice *device = open_loopback ? open_loopback(NULL) : NULL;
    ALCint wanted[] = {ALC_FORMAT_CHANNELS_SOFT, ALC_STEREO_SOFT, ALC_FORMAT_TYPE_SOFT, ALC_FLOAT_SOFT,
                       ALC_FREQUENCY, 48000, ALC_HRTF_SOFT, ALC_TRUE, ALC_MONO_SOURCES, count, 0};
    ALCcontext *context = device ? alcCreateContext(device, wanted) : NULL;
    if (!context || !alcMakeContextCurrent(context)) {
        printf("OpenAL Soft is left out: it gives no loopback device\n");
        return 0;
    }
    ALCint hrtf = 0;
    alcGetIntegerv(device, ALC_HRTF_SOFT, 1, &hrtf);
    short *noise = malloc(48000 * sizeof *noise);
    unsigned state = 1;
    for (int i = 0; i < 48000; i++) {
        state = state * 1664525u + 1013904223u;
        noise[i] = (short)(state >> 22) - 512;
    }
    ALuint buffer, *sources = malloc(count * sizeof *sources);
    alGenBuffers(1, &buffer);
    alBufferData(buffer, AL_FORMAT_MONO16, noise, 48000 * sizeof *noise, 48000);
    alGenSources(count, sources);
    for (int i = 0; i < count; i++) {
        alSourcei(sources[i], AL_BUFFER, buffer);
        alSourcei(sources[i], AL_LOOPING, AL_TRUE);
        alSourcePlay(sources[i]);
    }
    float *out = malloc(2 * block * sizeof *out);
    int blocks = seconds * 48000 / block;
    double worst = 0, begin = cpu_s();
    for (int n = 0; n < blocks; n++) {
        double start = cpu_s();
        for (int i = 0; i < count; i++) {
            double angle = 0.5 * i + n * 0.005 * (1 + 0.03 * i);
            alSource3f(sources[i], AL_POSITION, sin(angle), 0.3 * sin(0.1 * angle), -cos(angle));
        }
        render(device, out, block);
        double took = cpu_s() - start;
        worst = took > worst ? took : worst;
    }
    double period = block / 48000.0, all = cpu_s() - begin;
    printf("OpenAL Soft %s, HRTF %s: %d moving sources, blocks of %d: %.2f %% of a core, worst block %.1f %% of its period\n",
           alGetString(AL_VERSION), hrtf ? "on" : "OFF", count, block, 100 * all / (blocks * period), 100 * worst / period);
    return 0;
}
