#include "simulator/built_in_types.hpp"

namespace holystone::simulator {

const std::string_view built_in_types_p_to_z = R"(
PersistentVolume metadata=1:ObjectMeta spec=2:PersistentVolumeSpec
  status=3:PersistentVolumeStatus ;
PersistentVolumeClaim metadata=1:ObjectMeta spec=2:PersistentVolumeClaimSpec
  status=3:PersistentVolumeClaimStatus ;
PersistentVolumeClaimCondition type=1:s status=2:s lastProbeTime=3:t
  lastTransitionTime=4:t reason=5:s message=6:s ;
PersistentVolumeClaimSpec accessModes=1:[s] selector=4:LabelSelector
  resources=2:VolumeResourceRequirements volumeName=3:s storageClassName=5:s
  volumeMode=6:s dataSource=7:TypedLocalObjectReference
  dataSourceRef=8:TypedObjectReference volumeAttributesClassName=9:s ;
PersistentVolumeClaimStatus phase=1:s accessModes=2:[s] capacity=3:{q}
  conditions=4:[PersistentVolumeClaimCondition]@type~type
  allocatedResources=5:{q} allocatedResourceStatuses=7:{s}
  currentVolumeAttributesClassName=8:s modifyVolumeStatus=9:ModifyVolumeStatus
  ;
PersistentVolumeClaimTemplate metadata=1:ObjectMeta
  spec=2:PersistentVolumeClaimSpec ;
PersistentVolumeClaimVolumeSource claimName=1:s readOnly=2:b ;
PersistentVolumeSource gcePersistentDisk=1:GCEPersistentDiskVolumeSource
  awsElasticBlockStore=2:AWSElasticBlockStoreVolumeSource
  hostPath=3:HostPathVolumeSource glusterfs=4:GlusterfsPersistentVolumeSource
  nfs=5:NFSVolumeSource rbd=6:RBDPersistentVolumeSource
  iscsi=7:ISCSIPersistentVolumeSource cinder=8:CinderPersistentVolumeSource
  cephfs=9:CephFSPersistentVolumeSource fc=10:FCVolumeSource
  flocker=11:FlockerVolumeSource flexVolume=12:FlexPersistentVolumeSource
  azureFile=13:AzureFilePersistentVolumeSource
  vsphereVolume=14:VsphereVirtualDiskVolumeSource
  quobyte=15:QuobyteVolumeSource azureDisk=16:AzureDiskVolumeSource
  photonPersistentDisk=17:PhotonPersistentDiskVolumeSource
  portworxVolume=18:PortworxVolumeSource
  scaleIO=19:ScaleIOPersistentVolumeSource local=20:LocalVolumeSource
  storageos=21:StorageOSPersistentVolumeSource
  csi=22:CSIPersistentVolumeSource ;
PersistentVolumeSpec capacity=1:{q} *=2:PersistentVolumeSource
  accessModes=3:[s] claimRef=4:ObjectReference
  persistentVolumeReclaimPolicy=5:s storageClassName=6:s mountOptions=7:[s]
  volumeMode=8:s nodeAffinity=9:VolumeNodeAffinity
  volumeAttributesClassName=10:s ;
PersistentVolumeStatus phase=1:s message=2:s reason=3:s
  lastPhaseTransitionTime=4:t ;
PhotonPersistentDiskVolumeSource pdID=1:s fsType=2:s ;
Pod metadata=1:ObjectMeta spec=2:PodSpec status=3:PodStatus ;
PodAffinity requiredDuringSchedulingIgnoredDuringExecution=1:[PodAffinityTerm]
  preferredDuringSchedulingIgnoredDuringExecution=2:[WeightedPodAffinityTerm]
  ;
PodAffinityTerm labelSelector=1:LabelSelector namespaces=2:[s] topologyKey=3:s
  namespaceSelector=4:LabelSelector matchLabelKeys=5:[s]
  mismatchLabelKeys=6:[s] ;
PodAntiAffinity
  requiredDuringSchedulingIgnoredDuringExecution=1:[PodAffinityTerm]
  preferredDuringSchedulingIgnoredDuringExecution=2:[WeightedPodAffinityTerm]
  ;
PodCertificateProjection signerName=1:s keyType=2:s maxExpirationSeconds=3:i
  credentialBundlePath=4:s keyPath=5:s certificateChainPath=6:s
  userAnnotations=7:{s} ;
PodCondition type=1:s observedGeneration=7:i status=2:s lastProbeTime=3:t
  lastTransitionTime=4:t reason=5:s message=6:s ;
PodDNSConfig nameservers=1:[s] searches=2:[s] options=3:[PodDNSConfigOption] ;
PodDNSConfigOption name=1:s value=2:s ;
PodExtendedResourceClaimStatus
  requestMappings=1:[ContainerExtendedResourceRequest] resourceClaimName=2:s ;
PodFailurePolicy rules=1:[PodFailurePolicyRule] ;
PodFailurePolicyOnExitCodesRequirement containerName=1:s operator=2:s
  values=3:[i]# ;
PodFailurePolicyOnPodConditionsPattern type=1:s status=2:s ;
PodFailurePolicyRule action=1:s
  onExitCodes=2:PodFailurePolicyOnExitCodesRequirement
  onPodConditions=3:[PodFailurePolicyOnPodConditionsPattern] ;
PodIP ip=1:s ;
PodOS name=1:s ;
PodReadinessGate conditionType=1:s ;
PodResourceClaim name=1:s resourceClaimName=3:s resourceClaimTemplateName=4:s
  ;
PodResourceClaimStatus name=1:s resourceClaimName=2:s ;
PodSchedulingGate name=1:s ;
PodSchedulingGroup podGroupName=1:s ;
PodSecurityContext seLinuxOptions=1:SELinuxOptions
  windowsOptions=8:WindowsSecurityContextOptions runAsUser=2:i runAsGroup=6:i
  runAsNonRoot=3:b supplementalGroups=4:[i] supplementalGroupsPolicy=12:s
  fsGroup=5:i sysctls=7:[Sysctl] fsGroupChangePolicy=9:s
  seccompProfile=10:SeccompProfile appArmorProfile=11:AppArmorProfile
  seLinuxChangePolicy=13:s ;
PodSpec volumes=1:[Volume]@name~name^ initContainers=20:[Container]@name~name
  containers=2:[Container]@name~name
  ephemeralContainers=34:[EphemeralContainer]@name~name restartPolicy=3:s
  terminationGracePeriodSeconds=4:i activeDeadlineSeconds=5:i dnsPolicy=6:s
  nodeSelector=7:{s}! serviceAccountName=8:s serviceAccount=9:s
  automountServiceAccountToken=21:b nodeName=10:s hostNetwork=11:b
  hostPID=12:b hostIPC=13:b shareProcessNamespace=27:b
  securityContext=14:PodSecurityContext
  imagePullSecrets=15:[LocalObjectReference]@name~name hostname=16:s
  subdomain=17:s affinity=18:Affinity schedulerName=19:s
  tolerations=22:[Toleration] hostAliases=23:[HostAlias]@ip~ip
  priorityClassName=24:s priority=25:i dnsConfig=26:PodDNSConfig
  readinessGates=28:[PodReadinessGate] runtimeClassName=29:s
  enableServiceLinks=30:b preemptionPolicy=31:s overhead=32:{q}
  topologySpreadConstraints=33:[TopologySpreadConstraint]@topologyKey,whenUnsatisfiable~topologyKey
  setHostnameAsFQDN=35:b os=36:PodOS hostUsers=37:b
  schedulingGates=38:[PodSchedulingGate]@name~name
  resourceClaims=39:[PodResourceClaim]@name~name^
  resources=40:ResourceRequirements hostnameOverride=41:s
  schedulingGroup=43:PodSchedulingGroup ;
PodStatus observedGeneration=17:i phase=1:s
  conditions=2:[PodCondition]@type~type message=3:s reason=4:s
  nominatedNodeName=11:s hostIP=5:s hostIPs=16:[HostIP]~ip podIP=6:s
  podIPs=12:[PodIP]@ip~ip startTime=7:t
  initContainerStatuses=10:[ContainerStatus]
  containerStatuses=8:[ContainerStatus] qosClass=9:s
  ephemeralContainerStatuses=13:[ContainerStatus] resize=14:s
  resourceClaimStatuses=15:[PodResourceClaimStatus]@name~name^
  extendedResourceClaimStatus=18:PodExtendedResourceClaimStatus
  allocatedResources=19:{q} resources=20:ResourceRequirements
  nodeAllocatableResourceClaimStatuses=21:[NodeAllocatableResourceClaimStatus]
  ;
PodTemplateSpec metadata=1:ObjectMeta spec=2:PodSpec ;
PolicyRule verbs=1:[s] apiGroups=2:[s] resources=3:[s] resourceNames=4:[s]
  nonResourceURLs=5:[s] ;
PortworxVolumeSource volumeID=1:s fsType=2:s readOnly=3:b ;
Preconditions uid=1:s ;
PreferredSchedulingTerm weight=1:i preference=2:NodeSelectorTerm ;
Probe *=1:ProbeHandler initialDelaySeconds=2:i timeoutSeconds=3:i
  periodSeconds=4:i successThreshold=5:i failureThreshold=6:i
  terminationGracePeriodSeconds=7:i ;
ProbeHandler exec=1:ExecAction httpGet=2:HTTPGetAction
  tcpSocket=3:TCPSocketAction grpc=4:GRPCAction ;
ProjectedVolumeSource sources=1:[VolumeProjection] defaultMode=2:i ;
QuobyteVolumeSource registry=1:s volume=2:s readOnly=3:b user=4:s group=5:s
  tenant=6:s ;
RBDPersistentVolumeSource monitors=1:[s] image=2:s fsType=3:s pool=4:s
  user=5:s keyring=6:s secretRef=7:SecretReference readOnly=8:b ;
RBDVolumeSource monitors=1:[s] image=2:s fsType=3:s pool=4:s user=5:s
  keyring=6:s secretRef=7:LocalObjectReference readOnly=8:b ;
ResourceClaim name=1:s request=2:s ;
ResourceFieldSelector! containerName=1:s resource=2:s divisor=3:q ;
ResourceHealth resourceID=1:s health=2:s message=6:s ;
ResourceRequirements limits=1:{q} requests=2:{q} claims=3:[ResourceClaim]@name
  ;
ResourceStatus name=1:s resources=2:[ResourceHealth]@resourceID ;
Role metadata=1:ObjectMeta rules=2:[PolicyRule] ;
RoleBinding metadata=1:ObjectMeta subjects=2:[Subject] roleRef=3:RoleRef ;
RoleRef! apiGroup=1:s kind=2:s name=3:s ;
SELinuxOptions user=1:s role=2:s type=3:s level=4:s ;
ScaleIOPersistentVolumeSource gateway=1:s system=2:s
  secretRef=3:SecretReference sslEnabled=4:b protectionDomain=5:s
  storagePool=6:s storageMode=7:s volumeName=8:s fsType=9:s readOnly=10:b ;
ScaleIOVolumeSource gateway=1:s system=2:s secretRef=3:LocalObjectReference
  sslEnabled=4:b protectionDomain=5:s storagePool=6:s storageMode=7:s
  volumeName=8:s fsType=9:s readOnly=10:b ;
SeccompProfile type=1:s localhostProfile=2:s ;
Secret metadata=1:ObjectMeta immutable=5:b data=2:{y} stringData=4:{s}
  type=3:s ;
SecretEnvSource *=1:LocalObjectReference optional=2:b ;
SecretKeySelector! *=1:LocalObjectReference key=2:s optional=3:b ;
SecretProjection *=1:LocalObjectReference items=2:[KeyToPath] optional=4:b ;
SecretReference! name=1:s namespace=2:s ;
SecretVolumeSource secretName=1:s items=2:[KeyToPath] defaultMode=3:i
  optional=4:b ;
SecurityContext capabilities=1:Capabilities privileged=2:b
  seLinuxOptions=3:SELinuxOptions
  windowsOptions=10:WindowsSecurityContextOptions runAsUser=4:i runAsGroup=8:i
  runAsNonRoot=5:b readOnlyRootFilesystem=6:b allowPrivilegeEscalation=7:b
  procMount=9:s seccompProfile=11:SeccompProfile
  appArmorProfile=12:AppArmorProfile ;
ServiceAccount metadata=1:ObjectMeta secrets=2:[ObjectReference]@name~name
  imagePullSecrets=3:[LocalObjectReference] automountServiceAccountToken=4:b ;
ServiceAccountTokenProjection audience=1:s expirationSeconds=2:i path=3:s ;
SleepAction seconds=1:i ;
StorageOSPersistentVolumeSource volumeName=1:s volumeNamespace=2:s fsType=3:s
  readOnly=4:b secretRef=5:ObjectReference ;
StorageOSVolumeSource volumeName=1:s volumeNamespace=2:s fsType=3:s
  readOnly=4:b secretRef=5:LocalObjectReference ;
Subject! kind=1:s apiGroup=2:s name=3:s namespace=4:s ;
SuccessPolicy rules=1:[SuccessPolicyRule] ;
SuccessPolicyRule succeededIndexes=1:s succeededCount=2:i ;
Sysctl name=1:s value=2:s ;
TCPSocketAction port=1:x host=2:s ;
Taint key=1:s value=2:s effect=3:s timeAdded=4:t ;
Toleration key=1:s operator=2:s value=3:s effect=4:s tolerationSeconds=5:i ;
TopologySpreadConstraint maxSkew=1:i topologyKey=2:s whenUnsatisfiable=3:s
  labelSelector=4:LabelSelector minDomains=5:i nodeAffinityPolicy=6:s
  nodeTaintsPolicy=7:s matchLabelKeys=8:[s] ;
TypedLocalObjectReference! apiGroup=1:s kind=2:s name=3:s ;
TypedObjectReference apiGroup=1:s kind=2:s name=3:s namespace=4:s ;
UncountedTerminatedPods succeeded=1:[s]# failed=2:[s]# ;
Volume name=1:s *=2:VolumeSource ;
VolumeDevice name=1:s devicePath=2:s ;
VolumeMount name=1:s readOnly=2:b recursiveReadOnly=7:s mountPath=3:s
  subPath=4:s mountPropagation=5:s subPathExpr=6:s ;
VolumeMountStatus name=1:s mountPath=2:s readOnly=3:b recursiveReadOnly=4:s
  volumeStatus=5:VolumeStatus ;
VolumeNodeAffinity required=1:NodeSelector ;
VolumeProjection secret=1:SecretProjection downwardAPI=2:DownwardAPIProjection
  configMap=3:ConfigMapProjection
  serviceAccountToken=4:ServiceAccountTokenProjection
  clusterTrustBundle=5:ClusterTrustBundleProjection
  podCertificate=6:PodCertificateProjection ;
VolumeResourceRequirements limits=1:{q} requests=2:{q} ;
VolumeSource hostPath=1:HostPathVolumeSource emptyDir=2:EmptyDirVolumeSource
  gcePersistentDisk=3:GCEPersistentDiskVolumeSource
  awsElasticBlockStore=4:AWSElasticBlockStoreVolumeSource
  gitRepo=5:GitRepoVolumeSource secret=6:SecretVolumeSource
  nfs=7:NFSVolumeSource iscsi=8:ISCSIVolumeSource
  glusterfs=9:GlusterfsVolumeSource
  persistentVolumeClaim=10:PersistentVolumeClaimVolumeSource
  rbd=11:RBDVolumeSource flexVolume=12:FlexVolumeSource
  cinder=13:CinderVolumeSource cephfs=14:CephFSVolumeSource
  flocker=15:FlockerVolumeSource downwardAPI=16:DownwardAPIVolumeSource
  fc=17:FCVolumeSource azureFile=18:AzureFileVolumeSource
  configMap=19:ConfigMapVolumeSource
  vsphereVolume=20:VsphereVirtualDiskVolumeSource
  quobyte=21:QuobyteVolumeSource azureDisk=22:AzureDiskVolumeSource
  photonPersistentDisk=23:PhotonPersistentDiskVolumeSource
  projected=26:ProjectedVolumeSource portworxVolume=24:PortworxVolumeSource
  scaleIO=25:ScaleIOVolumeSource storageos=27:StorageOSVolumeSource
  csi=28:CSIVolumeSource ephemeral=29:EphemeralVolumeSource
  image=30:ImageVolumeSource ;
VolumeStatus image=1:ImageVolumeStatus ;
VsphereVirtualDiskVolumeSource volumePath=1:s fsType=2:s storagePolicyName=3:s
  storagePolicyID=4:s ;
WeightedPodAffinityTerm weight=1:i podAffinityTerm=2:PodAffinityTerm ;
WindowsSecurityContextOptions gmsaCredentialSpecName=1:s
  gmsaCredentialSpec=2:s runAsUserName=3:s hostProcess=4:b ;
)";

} // namespace holystone::simulator
